package ingress

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// read takes a request in, byte for byte: a signature is over what was sent.
func (s *Server) read(c *gin.Context) (*inbound.Request, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errTooLarge
		}
		return nil, fault.New(fault.Invalid, "body", "The body broke off.").Because(err)
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
