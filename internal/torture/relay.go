package torture

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/account"
)

// wire passes connections on to a database, until it is cut.
type wire struct {
	url      string
	listener net.Listener
	network  string
	address  string

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

// relay returns a way to a database that can be cut.
func relay(ctx context.Context, databaseURL string) (*wire, error) {
	c, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	if c.TLSConfig != nil {
		return nil, errSkip("the database wants TLS, which cannot be passed on")
	}
	w := &wire{open: map[net.Conn]bool{}}
	w.network, w.address = pgNetwork(c.Host, c.Port)
	if w.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	u := url.URL{Scheme: "postgres", Host: w.listener.Addr().String(), Path: "/" + c.Database, User: url.UserPassword(c.User, c.Password), RawQuery: "sslmode=disable"}
	w.url = u.String()
	go w.serve(ctx)
	return w, nil
}

func pgNetwork(host string, port uint16) (network, address string) {
	if len(host) > 0 && host[0] == '/' {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", host, port)
	}
	return "tcp", net.JoinHostPort(host, fmt.Sprint(port))
}

func (w *wire) serve(ctx context.Context) {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = in.Close() }()
			out, err := (&net.Dialer{}).DialContext(ctx, w.network, w.address)
			if err != nil || !w.add(in, out) {
				return
			}
			defer func() { _ = out.Close() }()
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			_, _ = io.Copy(in, out)
		}()
	}
}

func (w *wire) add(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if w.down {
			_ = c.Close()
		}
		w.open[c] = true
	}
	return !w.down
}

// cut breaks every connection and takes no more.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

func (w *wire) close() {
	_ = w.listener.Close()
	w.cut()
}

func newCall(target string) *account.Call {
	none := func() io.ReadCloser { return http.NoBody }
	return &account.Call{Method: http.MethodGet, Target: target, Header: http.Header{}, Body: none(), Again: none}
}

// eventually2 is eventually for what takes longer.
func eventually2(ctx context.Context, patience time.Duration, fn func() error) error {
	until := time.Now().Add(patience)
	for {
		err := fn()
		if err == nil || time.Now().After(until) || ctx.Err() != nil {
			return err
		}
		time.Sleep(beat)
	}
}
