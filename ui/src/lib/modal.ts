/**
 * Shows a dialog over everything as soon as it is there: what is closed is not drawn, and costs nothing. A click
 * beside it and a step back close it.
 */
export function modal(dialog: HTMLDialogElement): () => void {
  const close = () => dialog.close();
  const beside = ({ target, clientX, clientY }: MouseEvent) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    if (target === dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom)) close();
  };
  dialog.showModal();
  dialog.addEventListener("click", beside);
  addEventListener("popstate", close);
  return () => removeEventListener("popstate", close);
}
