/**
 * `<swipe-list>`: key points or photos one beside the other (APG carousel, no autoplay). The list scrolls and snaps by
 * itself; this adds the buttons, the arrow keys and "1/3", keeps the place when what is in it changes, and leads Tab
 * to what is shown.
 */

export class SwipeList extends HTMLElement {
  #current = null;
  #size = new ResizeObserver(() => this.#measure());
  #slots = new MutationObserver(() => this.refresh());

  connectedCallback() {
    this.onclick = ({ target }) => {
      const button = target.closest('.round');
      if (button) this.#go('next' in button.dataset ? 1 : -1);
    };
    this.onkeydown = (event) => this.#key(event);
    this.addEventListener('scrollend', this.#look, true);
    this.addEventListener('focusin', this.#follow);
    this.#slots.observe(this.querySelector('.slides'), { childList: true, subtree: true });
    this.refresh();
  }

  /** Being moved within the page changes nothing. */
  connectedMoveCallback() {}

  get #list() {
    return this.querySelector('ol');
  }

  get #slides() {
    return [...(this.#list?.children ?? [])];
  }

  /** Where a slide begins in the list; negative to the left, as scrollLeft is, where the text runs that way. */
  #start(slide) {
    return slide.offsetLeft - this.#slides[0].offsetLeft;
  }

  #go(step) {
    const slides = this.#slides;
    const next = slides[slides.indexOf(this.#current) + step];
    if (next) this.#show(next);
  }

  #show(slide, behavior) {
    this.#current = slide;
    this.#list.scrollTo({ left: this.#start(slide), behavior });
    this.#paint();
  }

  #key(event) {
    const forward = getComputedStyle(this).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (!/^Arrow(Left|Right)$/.test(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#go(event.key === forward ? 1 : -1);
    if (event.target.closest('.slides a')) this.#current.querySelector('a')?.focus();
  }

  /** What has the focus is shown, at once: a browser that is scrolling smoothly goes on to where it was going. */
  #follow = ({ target }) => {
    const slide = target.closest('.slides li');
    if (slide) this.#show(slide, 'instant');
  };

  /** The reader has swiped: the slide nearest to the start is the current one, unless it is in full view anyway. */
  #look = () => {
    const list = this.#list;
    const offset = (slide) => Math.abs(this.#start(slide) - list.scrollLeft);
    const atEnd = Math.abs(list.scrollLeft) + list.clientWidth > list.scrollWidth - 2;
    if (atEnd && offset(this.#current) < list.clientWidth) return;
    this.#current = this.#slides.reduce((best, slide) => (offset(slide) < offset(best) ? slide : best));
    this.#paint();
  };

  /** Its HTML is the server's again. */
  refresh() {
    const slides = this.#slides;
    this.querySelector('[data-controls]').hidden = slides.length < 2;
    this.#size.disconnect();
    if (!slides.length) return;
    this.#show(slides.includes(this.#current) ? this.#current : slides[0], 'instant');
    this.#size.observe(this.#list);
  }

  /** What scrolls must be reached from the keyboard. */
  #measure() {
    const { clientWidth, scrollWidth } = this.#list;
    this.#list.tabIndex = (scrollWidth > clientWidth) - 1;
  }

  #paint() {
    const slides = this.#slides;
    const index = slides.indexOf(this.#current);
    const place = this.querySelector('[data-place]');
    const text = `${index + 1}/${slides.length}`;
    if (place.textContent !== text) place.textContent = text;
    this.querySelector('[data-previous]').ariaDisabled = !index;
    this.querySelector('[data-next]').ariaDisabled = !slides[index + 1];
    for (const link of this.querySelectorAll('[data-enlarge]')) link.tabIndex = this.#current.contains(link) - 1;
  }
}
