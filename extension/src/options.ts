/** The options: how much of which site is recorded, and what this browser is called. */

import { ask } from "./message";
import { element, fillIn, show, text } from "./page";
import { LEVELS, type Level, type Rules, siteOf, withSite, withoutSite } from "./privacy";

let rules: Rules;

function choices(select: HTMLSelectElement, chosen: Level): void {
  select.replaceChildren(
    ...LEVELS.map((level) => new Option(text(`level_${level}`), level, false, level === chosen)),
  );
}

function chosen(id: string): Level {
  return element<HTMLSelectElement>(id).value as Level;
}

function draw(): void {
  choices(element("everywhere"), rules.everywhere);
  choices(element("incognito"), rules.incognito);
  element<HTMLInputElement>("query").checked = rules.query;
  element("no-sites").hidden = rules.sites.length > 0;
  element("sites").replaceChildren(
    ...rules.sites.map(({ site, level }) => {
      const line = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = site;
      const select = document.createElement("select");
      select.setAttribute("aria-label", `${text("level")}: ${site}`);
      choices(select, level);
      select.addEventListener("change", () => void keep(withSite(rules, site, select.value as Level)));
      const remove = document.createElement("button");
      remove.type = "button";
      remove.textContent = text("remove", site);
      remove.addEventListener("click", () => {
        void keep(withoutSite(rules, site)).then(() => element("site").focus());
      });
      line.append(name, select, remove);
      return line;
    }),
  );
}

async function keep(changed: Rules): Promise<void> {
  rules = await ask("set-rules", { rules: changed });
  draw();
  tell("saved", false);
}

function tell(name: string, bad: boolean): void {
  show("result", text(name));
  element("result").classList.toggle("bad", bad);
}

async function add(): Promise<void> {
  const field = element<HTMLInputElement>("site");
  const site = siteOf(field.value);
  if (site === null) {
    tell("not_a_site", true);
    return;
  }
  try {
    await keep(withSite(rules, site, chosen("level")));
    field.value = "";
  } catch (error) {
    tell(error instanceof Error && error.message === "too_many_sites" ? "too_many_sites" : "error_failed", true);
  }
}

async function begin(): Promise<void> {
  fillIn();
  rules = await ask("rules", {});
  choices(element("level"), "never");
  draw();
  const names = await ask("names", {});
  element<HTMLInputElement>("profile").value = names.profile;
  element<HTMLInputElement>("computer").value = names.computer;
}

element("everywhere").addEventListener("change", () => void keep({ ...rules, everywhere: chosen("everywhere") }));
element("incognito").addEventListener("change", () => void keep({ ...rules, incognito: chosen("incognito") }));
element("query").addEventListener("change", () => {
  void keep({ ...rules, query: element<HTMLInputElement>("query").checked });
});
element("site-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void add();
});
element("names-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const profile = element<HTMLInputElement>("profile").value;
  const computer = element<HTMLInputElement>("computer").value;
  void ask("set-names", { profile, computer }).then(() => tell("saved", false));
});
element("unpair").addEventListener("click", () => void ask("unpair", {}).then(() => tell("saved", false)));
void begin();
