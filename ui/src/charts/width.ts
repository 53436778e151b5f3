import type { Attachment } from "svelte/attachments";

/**
 * Tells how wide an element is: within the frame that lays it out, so that a page is laid out once for its first
 * picture. Whoever asks an element itself, as soon as it is there, has the page laid out for that answer.
 */
export function widthOf(tell: (width: number) => void): Attachment<HTMLElement> {
  return (element) => {
    const watching = new ResizeObserver(() => tell(element.clientWidth));
    watching.observe(element);
    return () => watching.disconnect();
  };
}
