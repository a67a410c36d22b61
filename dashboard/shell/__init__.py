"""What all pages share: session, addresses, rights, sign-in, and what is said when a click is refused."""
