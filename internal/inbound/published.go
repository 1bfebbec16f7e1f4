package inbound

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrKey is returned for a request whose provider cannot be asked for its key.
var ErrKey = fault.New(fault.Unavailable, "key_unavailable", "The key by which this request is signed could not be fetched from its provider. Send it again later.")

// Verifier judges signatures, also those of providers that publish the keys they
// sign with. Such keys are fetched once and remembered.
type Verifier struct {
	Client *http.Client   // from the egress guard
	Roots  *x509.CertPool // in which providers' certificates end; nil = the machine's
	Now    func() time.Time

	begin  sync.Once
	known  *lru.Cache[string, published]
	asking *lru.Cache[string, *rate.Limiter] // by source
	flight singleflight.Group
}

// published is a key that a provider publishes.
type published struct {
	key         any       // *rsa.PublicKey or *ecdsa.PublicKey; nil = there is none of this name
	from, until time.Time // it is good; zero = always
	stale       time.Time // it is asked for again
}

// Missing is the error for a request whose key is not known yet. Who gets it
// calls Fetch (see Fetching), outside of any transaction, and then Verify again.
type Missing struct {
	name string // in the memory
	get  func(context.Context) (published, error)
}

func (*Missing) Error() string { return "the provider's key is not known yet" }

const (
	mostKnown   = 1000
	askedAtOnce = 5 // times for one source, and then each
	askedEvery  = 10 * time.Second
	noneFor     = time.Minute // a key that there is none of is not asked for again
	longestKey  = 64 << 10    // bytes of an answer
)

func (f *Verifier) memory() *lru.Cache[string, published] {
	f.begin.Do(func() {
		f.known, _ = lru.New[string, published](mostKnown) // fails for a size below one
		f.asking, _ = lru.New[string, *rate.Limiter](mostKnown)
	})
	return f.known
}

// Verify is Verify for every scheme. It returns *Missing where a key has to be
// fetched first.
func (f *Verifier) Verify(v *catalog.EventVerify, r *Request, secrets []string) error {
	now := f.Now()
	if len(secrets) == 0 {
		return ErrNoSecret
	}
	switch v.Kind {
	case "paypal":
		return f.paypal(r, secrets, now)
	case "plaid":
		return f.plaid(r, secrets, now)
	}
	return Verify(v, r, secrets, now)
}

// Fetch asks the provider for a key. A key that there is none of is remembered
// as that. Requests at one address, which anybody may send, have it ask only so
// often; above that, and when the provider does not answer, it returns ErrKey.
func (f *Verifier) Fetch(ctx context.Context, sourceID string, m *Missing) error {
	f.memory()
	limit, ok := f.asking.Get(sourceID)
	if !ok {
		limit = rate.NewLimiter(rate.Every(askedEvery), askedAtOnce)
		f.asking.Add(sourceID, limit)
	}
	if !limit.AllowN(f.Now(), 1) {
		return ErrKey
	}
	_, err, _ := f.flight.Do(m.name, func() (any, error) {
		p, err := m.get(context.WithoutCancel(ctx)) // others wait for it, too
		if err != nil {
			return nil, err
		}
		if p.key == nil {
			p.stale = f.Now().Add(noneFor)
		}
		f.known.Add(m.name, p)
		return nil, nil
	})
	if err != nil {
		return ErrKey.Because(err)
	}
	return nil
}

// Fetching runs do, which verifies a request of a source within a transaction,
// and once more if a key had to be fetched for it first.
func (f *Verifier) Fetching(ctx context.Context, sourceID string, do func() error) error {
	err := do()
	m, ok := errors.AsType[*Missing](err)
	if !ok {
		return err
	}
	if err := f.Fetch(ctx, sourceID, m); err != nil {
		return err
	}
	return do()
}

// key returns a key by its name, or *Missing if it has to be fetched, by get.
func (f *Verifier) key(name string, now time.Time, get func(context.Context) (published, error)) (any, error) {
	p, ok := f.memory().Get(name)
	switch {
	case !ok || now.After(p.stale):
		return nil, &Missing{name, get}
	case p.key == nil || !p.until.IsZero() && (now.After(p.until) || now.Before(p.from)):
		return nil, ErrSignature
	}
	return p.key, nil
}

var errNoKey = errors.New("the provider knows no such key")

// answerTo returns the body of a provider's answer; errNoKey for a 4xx.
func (f *Verifier) answerTo(req *http.Request) ([]byte, error) {
	res, err := f.Client.Do(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // Fetch says what failed
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, longestKey))
	switch {
	case err != nil:
		return nil, err //nolint:wrapcheck // the same
	case res.StatusCode >= 400 && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests:
		return nil, errNoKey
	case res.StatusCode != http.StatusOK:
		return nil, errors.New(res.Status)
	}
	return raw, nil
}
