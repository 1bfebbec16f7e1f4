package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Proxied is what it costs to call an app through us, beside the same request
// through nginx as a plain reverse proxy: to the same upstream, on the same
// machine, in turns. Alone is with one request under way, Full with as many as
// the whole run has.
type Proxied struct {
	Direct Pair   `json:"direct"`
	Nginx  Pair   `json:"nginx"`
	Ours   Pair   `json:"ours"`
	Ratio  Ratio  `json:"ours_to_nginx"`
	Stream Stream `json:"stream"`
}

// Pair is the same request measured twice: with one under way, and with as many
// as the whole run has.
type Pair struct {
	Alone Rate `json:"alone"`
	Full  Rate `json:"full"`
}

// Ratio compares: latencies want to be small, throughput wants to be large.
type Ratio struct {
	P50Alone  float64 `json:"p50_alone"`
	P50Full   float64 `json:"p50_full"`
	PerSecond float64 `json:"per_second"`
}

// Stream is one long body through the proxy.
type Stream struct {
	MiB          int     `json:"mib"`
	MiBPerSecond float64 `json:"mib_per_second"`
	RSSGrowthMiB float64 `json:"rss_growth_mib"` // the most at any moment, over what it was before
	Errors       int     `json:"errors"`
}

const (
	answerSize = 1024    // of the upstream's answer, in bytes
	streamed   = 1 << 30 // in bytes
	rounds     = 3       // in which the ways take turns
)

// upstream is the app with two more addresses: small answers and one that is long.
func upstream(app http.Handler, seen *arrivals) http.Handler {
	small, chunk := bytes.Repeat([]byte("x"), answerSize), make([]byte, 256<<10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bench/small":
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Length", strconv.Itoa(answerSize))
			_, _ = w.Write(small)
		case "/bench/stream":
			w.Header().Set("Content-Length", strconv.Itoa(streamed))
			for sent := 0; sent < streamed; sent += len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return // the client says what is missing
				}
			}
		default:
			if seen.note(w, r) {
				return
			}
			app.ServeHTTP(w, r)
		}
	})
}

func (b *bench) proxied(ctx context.Context) error {
	nginx, stop, err := b.nginx(ctx, b.stack.appURL)
	switch {
	case errors.Is(err, exec.ErrNotFound) && len(b.Only) == 0:
		progress("proxied is left out: %v", err)
		return nil
	case err != nil:
		return err
	}
	defer stop()
	encoded := base64.RawURLEncoding.EncodeToString([]byte("/bench/small"))
	query := "?" + url.Values{"external_user_id": {user}, "account_id": {b.things.account}}.Encode()
	ways := map[string]string{
		"direct": b.stack.appURL + "/bench/small", "nginx": nginx + "/bench/small", "ours": b.api.base + b.ofProject("/proxy/"+encoded) + query,
	}
	loads := map[string]*[2]load{"direct": {}, "nginx": {}, "ours": {}}
	alone := b.length() / 4 / rounds
	var spent usage
	for range rounds {
		for _, way := range []string{"direct", "nginx", "ours"} {
			do := func(ctx context.Context, _ int64) error {
				answer, _, err := b.api.send(ctx, http.MethodGet, ways[way], b.api.bearer, nil)
				if err == nil && len(answer) != answerSize {
					err = fmt.Errorf("%d bytes instead of %d", len(answer), answerSize)
				}
				return err
			}
			_ = closed(ctx, b.Concurrency, b.length()/10/rounds, do) // to warm up
			loads[way][0].join(closed(ctx, 1, alone, do))
			before := b.stack.used()
			loads[way][1].join(closed(ctx, b.Concurrency, b.length()/rounds, do))
			b.settle(ctx)
			if way == "ours" {
				spent.add(before, b.stack.used())
			}
		}
	}
	out := &Proxied{Direct: pair(loads["direct"]), Nginx: pair(loads["nginx"]), Ours: pair(loads["ours"])}
	out.Ours.Full.CPU = spent.each(out.Ours.Full.Requests)
	out.Ratio = Ratio{
		over(out.Ours.Alone.P50, out.Nginx.Alone.P50), over(out.Ours.Full.P50, out.Nginx.Full.P50), over(out.Ours.Full.PerSecond, out.Nginx.Full.PerSecond),
	}
	b.report.Proxied = out
	return b.stream(ctx, &out.Stream, b.api.base+b.ofProject("/proxy/"+base64.RawURLEncoding.EncodeToString([]byte("/bench/stream")))+query)
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return round(a / b)
}

// join adds a later load of the same kind.
func (l *load) join(other load) {
	l.took += other.took
	l.times = append(l.times, other.times...)
	l.fails += other.fails
}

func pair(l *[2]load) Pair { return Pair{l[0].rate(), l[1].rate()} }

func (l *load) rate() Rate {
	n := len(l.times)
	return Rate{Requests: n, Errors: l.fails, PerSecond: perSecond(n, l.took), P50: percentile(l.times, 50), P99: percentile(l.times, 99)}
}

// stream reads one long answer and watches the server's memory meanwhile.
func (b *bench) stream(ctx context.Context, out *Stream, address string) error {
	b.settle(ctx)
	before := b.stack.rss()
	peak, done, watched := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
				peak = max(peak, b.stack.rss())
			}
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+b.api.bearer)
	req.Header.Set("X-Pd-Environment", environment)
	began := now()
	n, err := download(req)
	took := time.Since(began)
	close(done)
	<-watched
	out.MiB, out.MiBPerSecond, out.RSSGrowthMiB = int(n>>20), round(float64(n>>20)/took.Seconds()), round(max(0, peak-before))
	if err != nil || n != streamed {
		out.Errors = 1
		progress("the stream broke off after %d bytes: %v", n, err)
	}
	return nil
}

func download(req *http.Request) (int64, error) {
	res, err := (&http.Client{}).Do(req) // it may take as long as it takes
	if err != nil {
		return 0, fmt.Errorf("send request: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, errors.New(res.Status)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return n, fmt.Errorf("read answer: %w", err)
	}
	return n, nil
}

// nginxConf is a plain reverse proxy that keeps its connections, as one sets it
// up to put it before an app.
const nginxConf = `daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
worker_processes auto;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  keepalive_requests 1000000;
  upstream app { server %[2]s; keepalive 256; keepalive_requests 1000000; }
  server {
    listen %[3]s;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`

// nginx starts an nginx before an address, as the user that we are.
func (b *bench) nginx(ctx context.Context, app string) (string, func(), error) {
	binary, err := exec.LookPath("nginx")
	for _, at := range []string{"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"} {
		if err != nil {
			binary, err = exec.LookPath(at)
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("nginx is not installed, and this compares with it: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("find a free port: %w", err)
	}
	address := l.Addr().String()
	_ = l.Close() // for nginx
	dir := filepath.Join(b.stack.dir, "nginx")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("make directory: %w", err)
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, strings.TrimPrefix(app, "http://"), address), 0o600); err != nil {
		return "", nil, fmt.Errorf("write configuration: %w", err)
	}
	cmd := exec.Command(binary, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", conf) //nolint:gosec,noctx // ended by stop
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start nginx: %w", err)
	}
	stop := func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() } // its workers end with it
	for range 200 {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address, stop, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("nginx does not answer: %s", said.String())
}
