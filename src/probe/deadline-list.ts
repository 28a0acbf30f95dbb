/** Something that must have happened by `deadlineMs`. */
export interface Due {
  readonly deadlineMs: number;
  /** Owned by the list that holds it. */
  links: Links | undefined;
  expire(): void;
}

interface Links {
  list: DeadlineList;
  previous: Due | undefined;
  next: Due | undefined;
}

/**
 * Deadlines that are added in the order in which they fall due, as equal time-outs are. One look
 * at the head replaces a timer for each request; adding and removing take constant time.
 */
export class DeadlineList {
  #first: Due | undefined;
  #last: Due | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(due: Due): void {
    due.links = { list: this, previous: this.#last, next: undefined };
    if (this.#last?.links === undefined) this.#first = due;
    else this.#last.links.next = due;
    this.#last = due;
    this.#size += 1;
  }

  /** Does nothing when it is not in this list. */
  remove(due: Due): void {
    const links = due.links;
    if (links === undefined || links.list !== this) return;
    if (links.previous?.links === undefined) this.#first = links.next;
    else links.previous.links.next = links.next;
    if (links.next?.links === undefined) this.#last = links.previous;
    else links.next.links.previous = links.previous;
    due.links = undefined;
    this.#size -= 1;
  }

  /** Takes out and expires all that were due by now. */
  expire(nowMs: number): void {
    for (let due = this.#first; due !== undefined && due.deadlineMs <= nowMs; due = this.#first) {
      this.remove(due);
      due.expire();
    }
  }

  /** Takes out and expires all. */
  expireAll(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }
}
