// Command saas is a product whose users connect accounts: all that a backend has to do for the browser library.
package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

//go:embed index.html
var page string

// user is who is signed in. Yours comes from your session, and never from what the browser says.
const user = "ada"

func main() {
	wrote, _ := os.ReadFile(".patchbay/dev.env") // by `make dev`; variables that are set win
	for line := range strings.Lines(string(wrote)) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), "="); os.Getenv(name) == "" {
			_ = os.Setenv(name, value)
		}
	}
	l, err := net.Listen("tcp", cmp.Or(os.Getenv("SAAS_LISTEN"), "127.0.0.1:3000"))
	if err != nil {
		log.Fatalf("%v. Fix: another port, such as SAAS_LISTEN=127.0.0.1:3001 make saas", err)
	}
	origin := fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = strings.NewReplacer("{{user}}", user, "{{patchbay}}", os.Getenv("PATCHBAY_BASE_URL")).WriteString(w, page)
	})
	http.HandleFunc("GET /patchbay.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "sdk/browser/dist/esm/index.js") })
	http.HandleFunc("POST /connect-token", func(w http.ResponseWriter, _ *http.Request) {
		token, err := connectToken(origin)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(token)
	})
	fmt.Println("My SaaS is at", origin)
	log.Fatal(http.Serve(l, http.NewCrossOriginProtection().Handler(http.DefaultServeMux)))
}

// connectToken makes a token with which the user may connect one account, from pages of ours.
func connectToken(origin string) (map[string]any, error) {
	access, err := post("/v1/oauth/token", nil, map[string]any{"grant_type": "client_credentials", "client_id": os.Getenv("PATCHBAY_CLIENT_ID"), "client_secret": os.Getenv("PATCHBAY_CLIENT_SECRET")})
	if err != nil {
		return nil, err
	}
	return post("/v1/connect/"+os.Getenv("PATCHBAY_PROJECT_ID")+"/tokens", access["access_token"], map[string]any{
		"external_user_id": user, "allowed_origins": []string{origin}, "success_redirect_uri": origin, "error_redirect_uri": origin,
	})
}

// post calls the API.
func post(path string, token, body any) (answer map[string]any, err error) {
	sent, _ := json.Marshal(body)
	r, _ := http.NewRequest(http.MethodPost, os.Getenv("PATCHBAY_BASE_URL")+path, bytes.NewReader(sent))
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Pd-Environment": {"development"}, "Authorization": {fmt.Sprint("Bearer ", token)}}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("is Patchbay running? %w", err)
	}
	defer res.Body.Close()
	if err = json.NewDecoder(res.Body).Decode(&answer); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %v", path, answer["error"])
	}
	return answer, err
}
