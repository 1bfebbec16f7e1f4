package egress

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Class names the way in which a call failed, without the addresses that an
// error text would show: proxy, blocked_address, url, timeout, tls, dns, protocol
// (what answered does not speak HTTP, or its head is too long), connection.
func Class(err error) string {
	var dns *net.DNSError
	var bad *url.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrProxy):
		return "proxy"
	case errors.Is(err, ErrBlocked):
		return "blocked_address"
	case errors.As(err, &bad) && (bad.Op == "parse" || says(bad.Err, "unsupported protocol scheme", "no Host in request URL")):
		return "url"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "timeout"
	case errors.As(err, &dns):
		return "dns"
	case bad != nil: // whose own text holds the URL, which may say anything
		return kind(bad.Err)
	default:
		return kind(err)
	}
}

// kind knows what the standard library has no types for.
func kind(err error) string {
	switch {
	case says(err, "malformed HTTP", "malformed MIME", "response headers exceeded", "message too large", "response header list larger", "bad Content-Length", "multiple Content-Length", "unsupported transfer encoding"):
		return "protocol"
	case says(err, "tls: ", "x509: ", "HTTP response to HTTPS client"):
		return "tls"
	default:
		return "connection"
	}
}

func says(err error, any ...string) bool {
	text := err.Error()
	for _, words := range any {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}
