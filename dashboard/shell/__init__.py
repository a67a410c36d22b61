"""What all pages share: session, addresses, rights, sign-in, and the sentences on clicks that are refused."""
