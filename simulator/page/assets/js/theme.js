// Runs before the first paint, so that a chosen dark theme does not flash light. ?theme= and ?lang= win over what was chosen before.
(() => {
  const asked = new URLSearchParams(location.search);
  const remember = (name) => {
    try {
      if (asked.has(name)) localStorage.setItem(name, asked.get(name));
      return localStorage.getItem(name);
    } catch {
      return asked.get(name); // storage is switched off: this page view only
    }
  };
  const theme = remember('theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  const lang = remember('lang') || (navigator.language || 'zh').slice(0, 2);
  document.documentElement.lang = lang === 'zh' || lang === 'zh-CN' ? 'zh-CN' : 'en';
})();
