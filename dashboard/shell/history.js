// Runs before Streamlit's own script. It keeps the browser's history as people expect it: one entry a page.
(() => {
  // Streamlit would look for its server below each page first, and find nothing there.
  const HOME = new URL(".", location.href).href
  window.__streamlit = { BACKEND_BASE_URL: HOME }

  const push = history.pushState.bind(history)
  const LINKS = ["stTopNavLink", "stTopNavDropdownLink", "stSidebarNavLink", "stPageLink-NavLink", "stLogoLink"]
    .map((name) => `[data-testid="${name}"]`).join()
  let atLatestClick = null  // the address
  let asked = null  // the path to which a link or Back led, until something else is clicked

  // A link to a page gets its entry at once, as everywhere in the web. Streamlit would first write over the old entry,
  // and add to the link's address what the old page's address says.
  addEventListener("click", (event) => {
    atLatestClick = location.href
    const link = event.target.closest?.(LINKS)
    const target = link && new URL(link.href ?? HOME, HOME)  // the logo is a button
    const isPlain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
    if (target && isPlain && link.target !== "_blank" && target.pathname !== location.pathname) {
      push({}, "", target)
    }
    asked = target && isPlain ? location.pathname : null
  }, true)
  addEventListener("popstate", () => { asked = location.pathname })

  // What changes on a page changes its entry. Other page changes, as by a button, leave the entry as it was at the
  // click; without a click, a page that leads on to another is no entry. Where the reader asked for this page, a change
  // to another is a late message of the page before, which was still running.
  history.pushState = (state, title, url) => {
    if (new URL(url, location.href).pathname === location.pathname || atLatestClick === null) {
      history.replaceState(state, title, url)
    } else if (location.pathname !== asked) {
      history.replaceState(state, title, atLatestClick)
      push(state, title, url)
    }
  }
})()
