package proxy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/request"
)

// errHeader is the answer to a header that a caller may not set at the app.
func errHeader(name string) error {
	return fault.New(fault.Invalid, "restricted_header", "The header %s may not be sent through the proxy.", name)
}

var errBody = fault.New(fault.Invalid, "body", "The body broke off.")

const (
	prefix = "X-Pd-Proxy-"
	// replayable is the largest body that is kept for a second try, in bytes.
	replayable = 1 << 20
)

// restricted are the headers that a caller may not set, beside Proxy-* and Sec-*.
var restricted = map[string]bool{
	"Accept-Encoding": true, "Access-Control-Request-Headers": true, "Access-Control-Request-Method": true, "Connection": true, "Content-Length": true,
	"Cookie": true, "Date": true, "Dnt": true, "Expect": true, "Host": true, "Keep-Alive": true, "Origin": true, "Permissions-Policy": true, "Referer": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Via": true, "User-Agent": true,
}

// ofHop are the headers of an answer that speak of one connection, or of a
// browser's trust in our origin, and are not passed on.
var ofHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Set-Cookie": true, "Access-Control-Allow-Origin": true, "Access-Control-Allow-Credentials": true,
	"Access-Control-Expose-Headers": true, "Strict-Transport-Security": true, "Content-Security-Policy": true, "Clear-Site-Data": true,
	"Public-Key-Pins": true, "Alt-Svc": true, "X-Request-Id": true,
}

// exchange is one call on its way through, and what is noted of it.
type exchange struct {
	*Server

	c         *gin.Context
	principal *caller.Principal
	rules     project.ProxyRules
	query     url.Values
	began     time.Time

	call account.Call
	in   taken
	out  taken
	err  error
	kind string // of the answer's body
}

// taken counts a body that passes, and keeps its beginning if it is to be logged.
type taken struct {
	n    int64
	keep bool
	head []byte
}

func (t *taken) note(b []byte) {
	t.n += int64(len(b))
	if room := request.MaxBody - len(t.head); t.keep && room > 0 {
		t.head = append(t.head, b[:min(room, len(b))]...)
	}
}

// prepare reads from the request what is to be sent to the app: its method and
// body, the headers that carry the prefix, and nothing else.
func (x *exchange) prepare(encoded string) error {
	r := x.c.Request
	x.in.keep, x.out.keep = x.rules.LogBodies, x.rules.LogBodies
	if !allowed(r.Method) {
		return errMethod
	}
	target, err := decode(encoded, x.query.Get("url"))
	if err != nil {
		return err
	}
	user, err := x.principal.User(x.query.Get("external_user_id"))
	switch {
	case err != nil:
		return err
	case user == "":
		return errUser
	case x.query.Get("account_id") == "":
		return errAccount
	}
	header, err := headers(r.Header)
	if err != nil {
		return err
	}
	x.call = account.Call{OnlyUser: user, Method: r.Method, Target: target, Header: header, Length: r.ContentLength}
	if len(x.rules.Hosts) > 0 {
		x.call.Allow = x.rules.Allows
	}
	return x.body(r)
}

// body passes a body on as it comes, or keeps it when it is short enough for a
// second try.
func (x *exchange) body(r *http.Request) error {
	switch {
	case r.ContentLength == 0:
		x.call.Body, x.call.Again = http.NoBody, func() io.ReadCloser { return http.NoBody }
	case r.ContentLength > 0 && r.ContentLength <= replayable:
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return errBody.Because(err)
		}
		x.in.note(body)
		x.call.Again = func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
		x.call.Body = x.call.Again()
	default:
		x.call.Body = struct {
			io.Reader
			io.Closer
		}{noting{r.Body, &x.in}, r.Body}
	}
	return nil
}

type noting struct {
	io.Reader

	to *taken
}

func (n noting) Read(b []byte) (int, error) {
	k, err := n.Reader.Read(b)
	n.to.note(b[:k])
	return k, err //nolint:wrapcheck // a reader is transparent
}

// decode reads a target in base64, of either alphabet, padded or not: clients
// differ. A plus sign may have come as a space. Without one the plain target of
// the query is it.
func decode(encoded, plain string) (string, error) {
	if encoded == "" {
		return check(plain)
	}
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return "", errTarget.Because(err)
	}
	text = letters.Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", errTarget.Because(err)
	}
	return check(string(raw))
}

var letters = strings.NewReplacer("-", "+", "_", "/", " ", "+")

// headers returns those that are meant for the app.
func headers(in http.Header) (http.Header, error) {
	out := http.Header{}
	for name, values := range in {
		bare, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		bare = http.CanonicalHeaderKey(bare)
		if bare == "" || restricted[bare] || strings.HasPrefix(bare, "Proxy-") || strings.HasPrefix(bare, "Sec-") {
			return nil, errHeader(bare)
		}
		out[bare] = values
	}
	if kind := in["Content-Type"]; len(kind) > 0 && out["Content-Type"] == nil {
		out["Content-Type"] = kind
	}
	out["User-Agent"] = ourName
	return out, nil
}

var ourName = []string{"Patchbay/1"}

// buffers are what answers pass through.
var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// What browsers are told of every answer. The slices are shared: nobody changes them.
var sandbox, nosniff = []string{"sandbox"}, []string{"nosniff"}

// back passes the app's answer on as it comes. It comes from our origin, so a
// browser must not take it for a page of ours.
func (x *exchange) back(res *http.Response) {
	w, h := x.c.Writer, x.c.Writer.Header()
	for name, values := range res.Header {
		if !ofHop[name] {
			h[name] = values
		}
	}
	h["Content-Security-Policy"], h["X-Content-Type-Options"] = sandbox, nosniff
	x.kind = res.Header.Get("Content-Type")
	x.c.Status(res.StatusCode)
	w.WriteHeaderNow()
	// What comes without a length comes as it is made: its reader waits for each part.
	live := res.ContentLength < 0
	if live {
		w.Flush()
	}
	buffer := buffers.Get().(*[]byte) //nolint:forcetypeassert // all are of this type
	defer buffers.Put(buffer)
	for {
		n, err := res.Body.Read(*buffer)
		if n > 0 {
			x.out.note((*buffer)[:n])
			if _, werr := w.Write((*buffer)[:n]); werr != nil {
				x.err = errGone
				return
			}
			if live {
				w.Flush()
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			x.err = errBroken
			if x.c.Request.Context().Err() != nil {
				x.err = errGone
			}
			slog.InfoContext(x.c.Request.Context(), "the app's answer broke off", "error", egress.Class(err))
			panic(http.ErrAbortHandler) // the caller must not take half an answer for a whole one
		}
	}
}

// What only the log shows.
var (
	errGone   = fault.New(fault.Unavailable, "caller_gone", "The caller hung up.")
	errBroken = fault.New(fault.Unavailable, "answer_broke_off", "The app's answer broke off.")
)

// failed notes why nothing came of the call.
func (x *exchange) failed(err error) error {
	x.err = err
	if x.c.Request.Context().Err() != nil {
		x.err = errGone
	}
	return err
}

// log notes the exchange, behind the caller's back.
func (x *exchange) log() {
	r := x.c.Request
	row := request.Request{
		RequestID: answer.RequestID(x.c), AccountID: clip(x.query.Get("account_id")), ExternalUserID: clip(x.query.Get("external_user_id")),
		App: x.call.App, Method: clip(r.Method), Status: x.c.Writer.Status(), DurationMs: x.Now().Sub(x.began).Milliseconds(),
		BytesIn: x.in.n, BytesOut: x.out.n, Refreshed: x.call.Refreshed, Retried: x.call.Retried, Redirects: x.call.Redirects, CreatedAt: x.began,
	}
	if row.ExternalUserID == "" {
		row.ExternalUserID = x.principal.ExternalUserID
	}
	if to := x.call.URL; to != nil {
		row.Host, row.Path = to.Host, x.rules.Redact.Path(x.call.Hide(request.Path(to)))
	}
	if x.err != nil {
		f := fault.Of(x.err)
		row.Error = &f.Code
		if !x.c.Writer.Written() {
			row.Status = answer.Status(f)
		}
	}
	var bodies *request.Bodies
	if x.rules.LogBodies && x.call.URL != nil {
		hide := func(text string) string { return x.rules.Redact.Text(x.call.Hide(text)) }
		bodies = &request.Bodies{
			Request:  request.Redact(r.Header.Get("Content-Type"), x.in.head, x.in.n <= request.MaxBody, hide),
			Response: request.Redact(x.kind, x.out.head, x.out.n <= request.MaxBody, hide),
		}
	}
	x.Requests.Record(x.principal.Scope, row, bodies)
}

// clip keeps what a caller made up within bounds and storable.
func clip(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > 250 {
		return strings.ToValidUTF8(s[:250], "")
	}
	return s
}
