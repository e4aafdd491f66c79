import { timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const refuse = (sentence: string) =>
  new Response(`${sentence}\n`, { status: 403, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })

/**
 * Keeps everybody but the user out of the web door: the request must be for this host and port (against DNS rebinding), come
 * from our own page if it says where it comes from, and carry the token, once in the address and from then on in a cookie.
 */
export function guard(port: number, token: string): MiddlewareHandler {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  // Cookies do not know ports; two servers must not overwrite each other's.
  const cookie = `remora-${port}`
  return async (c, next) => {
    const host = c.req.header('host') ?? ''
    if (!hosts.has(host)) return refuse('This address is not the one Remora listens on.')
    const origin = c.req.header('origin')
    if (origin !== undefined && origin !== `http://${host}`) return refuse('Remora answers its own pages only.')
    const url = new URL(c.req.url)
    const given = url.searchParams.get('token')
    if (given !== null && same(given, token)) {
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
      url.searchParams.delete('token')
      return c.redirect(`${url.pathname}${url.search}`, 303)
    }
    if (!same(getCookie(c, cookie) ?? '', token)) {
      return refuse('The address lacks its token: open the one that `remora serve` printed.')
    }
    await next()
  }
}
