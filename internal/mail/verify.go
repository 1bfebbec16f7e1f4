package mail

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

const (
	maxSignatures = 5
	verifyWithin  = 5 * time.Second
)

// Lookup asks the domain name system for texts.
type Lookup func(ctx context.Context, name string) ([]string, error)

// Verify says which domains signed a message, of whoever From names.
func Verify(ctx context.Context, raw io.Reader, from []Address, lookup Lookup) Authentication {
	out := Authentication{DKIM: []Signature{}, SPF: "not_checked"}
	ctx, cancel := context.WithTimeout(ctx, verifyWithin)
	defer cancel()
	found, err := dkim.VerifyWithOptions(raw, &dkim.VerifyOptions{
		MaxVerifications: maxSignatures, LookupTXT: func(name string) ([]string, error) { return lookup(ctx, name) },
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return out
	}
	for _, v := range found {
		s := Signature{Domain: clean(strings.ToLower(v.Domain)), Result: "fail"}
		switch {
		case v.Err == nil:
			s.Result = "pass"
		case dkim.IsTempFail(v.Err):
			s.Result = "unknown"
		}
		out.DKIM = append(out.DKIM, s)
		out.Aligned = out.Aligned || s.Result == "pass" && len(from) == 1 && aligned(from[0].Address, s.Domain)
	}
	return out
}

// aligned reports whether an address is of a domain, or of one below it.
func aligned(address, domain string) bool {
	_, _, of, err := Split(address)
	return err == nil && domain != "" && (of == domain || strings.HasSuffix(of, "."+domain))
}

// DNS is the Lookup of this machine.
func DNS(ctx context.Context, name string) ([]string, error) {
	return net.DefaultResolver.LookupTXT(ctx, name) //nolint:wrapcheck // dkim looks at what it is
}
