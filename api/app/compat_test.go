package app_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// wire sends requests byte for byte as Connect clients write them: no library of ours
// cleans a path, adds a header or follows a redirect.
type wire struct {
	*workspace
	token string // "" = none
}

// clientHeaders are those that a client of today sends with every call; what a fetch
// of a browser or of Node.js adds is among them.
const clientHeaders = "Accept: */*\r\nx-fern-language: JavaScript\r\nx-fern-runtime: node\r\nx-fern-runtime-version: 20.20.2\r\naccept-language: *\r\nsec-fetch-mode: cors\r\naccept-encoding: gzip, deflate\r\nconnection: close\r\n"

func (c wire) send(t *testing.T, method, path, body string, header ...string) reply {
	t.Helper()
	host := strings.TrimPrefix(c.g.api, "http://")
	dialed, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dialed.Close() }()
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nhost: %s\r\n%s", method, strings.ReplaceAll(path, "{p}", c.project), host, clientHeaders)
	if c.token != "" {
		out.WriteString("authorization: Bearer " + c.token + "\r\n")
	}
	for i := 0; i < len(header); i += 2 {
		out.WriteString(header[i] + ": " + header[i+1] + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&out, "Content-Type: application/json\r\ncontent-length: %d\r\n", len(body))
	}
	if _, err := io.WriteString(dialed, out.String()+"\r\n"+body); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(dialed), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var from io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(res.Body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// ask is send by a server, which names its environment.
func (c wire) ask(t *testing.T, method, path, body string) reply {
	t.Helper()
	return c.send(t, method, path, body, "x-pd-environment", c.environment)
}

// keyed fails the test unless an object of the answer has just these keys and more.
func keyed(t *testing.T, what any, keys ...string) {
	t.Helper()
	m, _ := what.(map[string]any)
	for _, k := range keys {
		if _, there := m[k]; !there {
			t.Errorf("no %s in %v", k, what)
		}
	}
}
