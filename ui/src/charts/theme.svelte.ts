/** What is drawn on a canvas knows its colours only as they were: it asks for them again when the theme turns. */
export class Theme {
  /** How often the system turned dark or light, or the user said so, since this was made with its component. */
  turns = $state(0);

  constructor() {
    $effect(() => {
      const dark = matchMedia("(prefers-color-scheme: dark)");
      const turned = () => this.turns++;
      dark.addEventListener("change", turned);
      const watching = new MutationObserver(turned);
      watching.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
      return () => (dark.removeEventListener("change", turned), watching.disconnect());
    });
  }
}
