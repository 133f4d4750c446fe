/** Questions to the server: what goes wrong is a Problem that says in words what to do; what passes is tried again. */

import { config, element, word } from './base.js';

const SIGNED_OUT = 3; // seconds between two tries while the editor signs in elsewhere
const LONGEST = 30; // … at most, of a network that stays away

const SAYS = new Set([0, 401, 403, 404, 413, 503]); // statuses that have a sentence of their own, such as error.404

export class Problem extends Error {
  /** @param {number} status of HTTP; 0: no answer @param {object} [data] what the server said */
  constructor(status, data = {}) {
    super(data.error || (SAYS.has(status) ? word(`error.${status}`) : word('error', status)));
    this.status = status;
    this.code = data.code ?? '';
    this.data = data;
  }

  /** Whether the same question may be answered later. */
  get passes() {
    return this.status === 0 || this.status === 401 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** @param {string} name @returns {string} */
export const cookie = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? '';

const asked = (body, method) => {
  const headers = { Accept: 'application/json', 'X-CSRFToken': cookie('csrftoken'), 'X-Desk-User': config.user };
  if (body === undefined || body instanceof FormData) return { method, headers, body };
  return { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
};

async function once(path, body, method, seconds) {
  let response;
  let data;
  try {
    response = await fetch(config.base + path, {
      ...asked(body, method),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual', // a redirect leads to the login
      signal: AbortSignal.timeout(seconds * 1000),
    });
    if (response.ok) return await response.json();
    data = await response.json().catch(() => ({}));
  } catch {
    throw new Problem(0);
  }
  throw new Problem(response.type === 'opaqueredirect' ? 401 : response.status, data);
}

/**
 * @param {string} path under the desk's own address
 * @param {object | FormData} [body]
 * @param {{method?: string, seconds?: number}} [options]
 * @returns {Promise<any>} @throws {Problem}
 */
export async function send(path, body, { method = 'POST', seconds = 20 } = {}) {
  try {
    return await once(path, body, method, seconds);
  } catch (problem) {
    if (problem.code === 'csrf') return once(path, body, method, seconds); // signed in again meanwhile: a new cookie
    throw problem;
  }
}

/** @param {string} path */
export const get = (path) => send(path, undefined, { method: 'GET' });

/** Try again now what waits: something was heard from the server. */
export const wake = () => dispatchEvent(new Event('desk:wake'));

function pause(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const name of ['online', 'desk:wake']) removeEventListener(name, done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    for (const name of ['online', 'desk:wake']) addEventListener(name, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Try until it is done or refused.
 * @template T
 * @param {() => Promise<T>} attempt the same each time: only the first that arrives may count
 * @param {(problem: Problem) => void} tell told of each failure that passes
 * @param {AbortSignal} [signal] gives up waiting
 * @returns {Promise<T>} @throws {Problem}
 */
export async function persist(attempt, tell, signal) {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.passes || signal?.aborted) throw problem;
      tell(problem);
      const backoff = Math.min(LONGEST, 2 ** failures) * (0.75 + Math.random() / 2);
      await pause(problem.status === 401 ? SIGNED_OUT : backoff, signal);
      if (signal?.aborted) throw problem;
    }
  }
}

/** The words of a state that passes. @param {Problem} problem @param {string} [safe] what is safe meanwhile */
export function waiting(problem, safe = word('waitsText')) {
  if (problem.status === 0) return `${word('waitsNetwork')} ${safe}`;
  if (problem.status === 401) return `${word('waitsLogin')} ${safe}`;
  if (problem.status === 507) return `${problem.message} ${safe}`;
  return `${word('waitsServer', problem.status)} ${safe}`;
}

/** The way to the login, where that is what is missing. @param {Problem} problem @returns {(Node | string)[]} */
export const login = (problem) =>
  problem.status === 401 ? [element('a', { href: problem.data.login ?? config.login, target: '_blank', textContent: word('signIn') }), ' '] : [];
