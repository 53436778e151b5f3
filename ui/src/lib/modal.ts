/** Shows a dialog over everything as soon as it is there: what is closed is not drawn, and costs nothing. */
export function modal(dialog: HTMLDialogElement): void {
  dialog.showModal();
}
