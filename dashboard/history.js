// Runs before Streamlit's own script. It keeps the browser's history as people expect it: one entry a page.
(() => {
  // Streamlit would look for its server below each page first, and find nothing there.
  window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }

  const push = history.pushState.bind(history)
  const LINKS = '[data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]'
  let atLatestClick = null

  // A link to a page gets its entry at once, as everywhere in the web. Streamlit would first write over the old entry,
  // and add to the link's address what the old page's address says.
  addEventListener("click", (event) => {
    atLatestClick = location.href
    const link = event.target.closest?.(LINKS)
    const isPlain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
    if (link?.href && isPlain && link.target !== "_blank" && link.pathname !== location.pathname) {
      push({}, "", link.href)
    }
  }, true)

  // What changes on a page changes its entry. Other page changes, as by a click on the logo, leave the entry as it was
  // at the click; without a click, a page that leads on to another is no entry.
  history.pushState = (state, title, url) => {
    if (new URL(url, location.href).pathname === location.pathname || atLatestClick === null) {
      history.replaceState(state, title, url)
    } else {
      history.replaceState(state, title, atLatestClick)
      push(state, title, url)
    }
  }
})()
