// Command check reads requests as the vectors write them and says what this library makes of each.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

func main() {
	if err := check(); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// request is one of those on standard input.
type request struct {
	Secrets    []string
	Now        int64
	Headers    map[string]string
	BodyBase64 string `json:"body_base64"`
}

func check() error {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		return err
	}
	said := make([]map[string]string, len(requests))
	for i, r := range requests {
		body, err := base64.StdEncoding.DecodeString(r.BodyBase64)
		if err != nil {
			return err
		}
		h := http.Header{}
		for name, value := range r.Headers {
			h.Set(name, value)
		}
		w := &patchbay.Webhooks{Secrets: r.Secrets, Now: func() time.Time { return time.Unix(r.Now, 0) }}
		e, err := w.Verify(h, body)
		if why := (*patchbay.WebhookError)(nil); errors.As(err, &why) {
			said[i] = map[string]string{"error": string(why.Code)}
		} else {
			said[i] = map[string]string{"id": e.ID, "type": e.Type, "external_user_id": e.ExternalUserID}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}
