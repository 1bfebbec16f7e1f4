package ingress

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/document"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// The bounds of a request beside its body's.
const (
	maxHeaders     = 200
	maxHeaderBytes = 64 << 10
)

var (
	errHeaders = fault.New(fault.TooLarge, "headers_too_large", "A request has at most %d headers, of %d bytes.", maxHeaders, maxHeaderBytes)
	errNesting = fault.New(fault.Invalid, "json_nesting", "The body's JSON nests deeper than %d levels.", document.MaxNesting)
)

// bounded refuses headers without end.
func bounded(h http.Header) error {
	n, size := 0, 0
	for name, values := range h {
		for _, v := range values {
			n, size = n+1, size+len(name)+len(v)
		}
	}
	if n > maxHeaders || size > maxHeaderBytes {
		return errHeaders
	}
	return nil
}

// read takes a request in, byte for byte: a signature is over what was sent.
func (s *Server) read(c *gin.Context) (*inbound.Request, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errTooLarge
		}
		return nil, fault.New(fault.Invalid, "body", "The body broke off.").Because(err)
	}
	if kind := c.ContentType(); (kind == "application/json" || strings.HasSuffix(kind, "+json")) && document.Nests(raw) {
		return nil, errNesting
	}
	return &inbound.Request{Method: c.Request.Method, URL: s.address(c.Request), Header: c.Request.Header, Body: raw}, nil
}

// address is the one at which the caller sent a request. Of the proxies before
// us we know it by configuration alone: the host and the scheme are the public
// URL's, and at a host of an endpoint's own the scheme is.
func (s *Server) address(r *http.Request) string {
	base := s.PublicURL
	if s.Takes(r.Host) {
		scheme, _, _ := strings.Cut(s.PublicURL, "://")
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	return base + r.URL.RequestURI()
}

// accountMap reads which accounts of its user a run is to use: a list such as
// slack=apn_…, github=apn_….
func accountMap(header string) (map[string]string, error) {
	if header == "" {
		return nil, nil
	}
	out := map[string]string{}
	for part := range strings.SplitSeq(header, ",") {
		app, id, ok := strings.Cut(part, "=")
		app, id = strings.TrimSpace(app), strings.Trim(strings.TrimSpace(id), `"`)
		if _, twice := out[app]; !ok || app == "" || twice {
			return nil, account.ErrMap
		}
		out[app] = id
	}
	return out, nil
}
