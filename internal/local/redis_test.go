package local_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// redisCommand speaks to the socket in the URL that asynq.ParseRedisURI takes.
func redisCommand(t *testing.T, uri, command string) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "redis-socket" {
		t.Fatalf("URL %q: %v", uri, err)
	}
	c, err := net.Dial("unix", u.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	answer, err := in.ReadString('\n')
	if err == nil && answer[0] == '*' || answer[0] == '$' {
		for range 10 {
			line, err := in.ReadString('\n')
			answer += line
			if err != nil || in.Buffered() == 0 {
				break
			}
		}
	}
	return answer
}

// Redis keeps what it acknowledged over a stop, over a crash of the program and
// over its own death, and evicts nothing.
func TestRedisKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(room(t), "redis")
	start := func() *local.Process {
		p, err := local.StartRedis(t.Context(), local.RedisOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop() })
		return p
	}
	old := crash(t, dir)
	redisCommand(t, old, "SET key kept")
	p := start()
	if got := redisCommand(t, p.URL(), "CONFIG GET maxmemory-policy"); !strings.Contains(got, "noeviction") {
		t.Errorf("maxmemory-policy: %q", got)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	p = start()
	time.Sleep(1500 * time.Millisecond) // everysec: what is older than a second is on disk
	pid := strings.TrimSpace(string(read(t, filepath.Join(p.Dir(), "data", "redis.pid"))))
	kill(t, pid)
	select {
	case err := <-p.Done():
		if err == nil {
			t.Error("Done gave no error")
		}
	case <-time.After(time.Minute):
		t.Fatal("Done says nothing about a killed server")
	}
	_ = p.Stop()
	if got := redisCommand(t, start().URL(), "GET key"); !strings.Contains(got, "kept") {
		t.Errorf("after three ends: %q, want kept", got)
	}
}
