package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Ready asks the process that serves or works on this machine whether it can, and
// returns why not. It is for who watches over a container and has no other program there.
func Ready(ctx context.Context, c *Config) error {
	host, port, err := net.SplitHostPort(cmp.Or(c.WorkListen, c.Listen))
	if err != nil {
		return configError("%q is no address to listen at: %w", cmp.Or(c.WorkListen, c.Listen), err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	at := "http://" + net.JoinHostPort(host, port)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/readyz", http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", at, err)
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}} // this machine, and no proxy on the way
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("nothing answers at %s: %w", at, err)
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ Status, Database, Redis string }
	body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if json.Unmarshal(body, &said) != nil || said.Database == "" {
		return fmt.Errorf("something else than Patchbay answers at %s (status %d)", at, res.StatusCode)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is not ready: its database %s", at, said.Database)
	}
	return nil
}
