package blob_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// googleURL is where a server is that speaks like Google's.
var googleURL string

func google(bucket string) (setting string) {
	return "gs://" + bucket + "?prefix=patchbay/&endpoint=" + url.QueryEscape(googleURL)
}

// startGoogle starts that server, and puts credentials for it where Google's own
// tools take them, which is one place for all tests.
func startGoogle() (stop func()) {
	server := httptest.NewServer(&googleStorage{objects: map[string][]byte{}})
	googleURL = server.URL
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "patchbay@example.com", "token_uri": server.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	if err != nil {
		panic(err)
	}
	file := filepath.Join(os.TempDir(), "patchbay-"+rand.Text()+".json")
	if err := errors.Join(os.WriteFile(file, account, 0o600), os.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)); err != nil {
		panic(err)
	}
	return func() {
		server.Close()
		_ = os.Remove(file)
	}
}

// googleStorage answers as the JSON API of Google Cloud Storage does.
type googleStorage struct {
	mu      sync.Mutex
	objects map[string][]byte // by bucket and name
}

func (g *googleStorage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"hush","token_type":"Bearer","expires_in":3600}`)
		return
	}
	if r.Header.Get("Authorization") != "Bearer hush" {
		refuse(w, http.StatusUnauthorized, "Who are you?")
		return
	}
	bucket, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/upload"), "/storage/v1/b/"), "/o")
	if strings.HasPrefix(r.URL.Path, "/upload/") {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Query().Get("uploadType") != "media" {
			refuse(w, http.StatusBadRequest, "Half an object.")
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.objects[bucket+"/"+r.URL.Query().Get("name")] = body
		_, _ = fmt.Fprintf(w, `{"size":"%d"}`, len(body))
		return
	}
	if strings.Count(rest, "/") != 1 { // a name is one part of the path
		refuse(w, http.StatusBadRequest, "Not the address of an object.")
		return
	}
	key := bucket + r.URL.Path[strings.Index(r.URL.Path, "/o/")+2:]
	g.mu.Lock()
	defer g.mu.Unlock()
	body, ok := g.objects[key]
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "No such object: "+key)
	case r.Method == http.MethodDelete:
		delete(g.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Query().Get("alt") == "media":
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(body))
	default:
		refuse(w, http.StatusBadRequest, "Only media is known here.")
	}
}

func refuse(w http.ResponseWriter, status int, said string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, status, said)
}
