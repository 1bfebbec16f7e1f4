package signin

import (
	"net/http"
	"time"
)

// Cookie is the name of the cookie that holds a session's token, where it was
// brought by plain http: on a developer's machine.
const Cookie = "patchbay_session"

const deviceCookie = "patchbay_device"

// secured is how the name begins of a cookie that browsers take from this very
// host alone, by https: no sibling's page can set one.
const secured = "__Host-"

// CookieName is the name of a session's cookie.
func CookieName(secure bool) string { return nameOf(Cookie, secure) }

func nameOf(name string, secure bool) string {
	if secure {
		return secured + name
	}
	return name
}

// secure reports whether a request came by https, as far as its browser knows.
func (s *Service) secure(r *http.Request) bool { return s.Secure || r.TLS != nil }

// FromRequest returns the session's token that a request carries, or "".
func (s *Service) FromRequest(r *http.Request) string { return s.CookieOf(r, Cookie) }

// CookieOf returns what a cookie of ours holds, or "".
func (s *Service) CookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(nameOf(name, s.secure(r)))
	if err != nil {
		return ""
	}
	return c.Value
}

// DeviceOf returns what a browser kept of an earlier sign-in, or "".
func (s *Service) DeviceOf(r *http.Request) string { return s.CookieOf(r, deviceCookie) }

// Keep has a browser keep what a sign-in opened.
func (s *Service) Keep(w http.ResponseWriter, r *http.Request, o *Opened) {
	if o.Token != "" {
		s.SetCookie(w, r, Cookie, o.Token, sessionLife)
	}
	if o.Device != "" {
		s.SetCookie(w, r, deviceCookie, o.Device, deviceLife)
	}
}

// Forget has a browser forget its session.
func (s *Service) Forget(w http.ResponseWriter, r *http.Request) {
	s.SetCookie(w, r, Cookie, "", -time.Second)
}

// SetCookie sets a cookie that no script reads and no other site sends along.
func (s *Service) SetCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the request came by TLS; http is for development on localhost
		Name: nameOf(name, s.secure(r)), Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(r),
	})
}
