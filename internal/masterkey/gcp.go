package masterkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

const (
	gcpEndpoint = "https://cloudkms.googleapis.com"
	gcpScope    = "https://www.googleapis.com/auth/cloudkms"
)

// openGCP names a key by its resource name. Credentials come from where
// Google's tools take them. ?endpoint=https://… after the name asks a private
// endpoint instead of the public one.
//
// It is two requests of our own and not tink's integration: that one links gRPC
// and OpenTelemetry, 35 modules, to send them.
func openGCP(ctx context.Context, setting string) (*Key, error) {
	name, query, _ := strings.Cut(strings.TrimPrefix(setting, gcpScheme), "?")
	q, err := url.ParseQuery(query)
	if err != nil || !strings.HasPrefix(name, "projects/") || !strings.Contains(name, "/cryptoKeys/") {
		return nil, fmt.Errorf("key of Google Cloud KMS: want %sprojects/…/locations/…/keyRings/…/cryptoKeys/…", gcpScheme)
	}
	endpoint := gcpEndpoint
	if e := q.Get("endpoint"); e != "" {
		endpoint = strings.TrimSuffix(e, "/")
	}
	credentials, err := google.FindDefaultCredentials(ctx, gcpScope)
	if err != nil {
		return nil, fmt.Errorf("key of Google Cloud KMS: %w", err)
	}
	c := oauth2.NewClient(ctx, credentials.TokenSource)
	return &Key{
		AEADWithContext: remote{&gcp{c, endpoint + "/v1/" + name}, "Google Cloud KMS"},
		Fingerprint:     fingerprint("gcp", []byte(name)), Place: setting,
	}, nil
}

type gcp struct {
	http *http.Client
	url  string // of the key
}

// gcpMessage is request and answer of both calls: each field that has bytes
// goes with their CRC-32C, so that a flipped bit on the way is seen.
type gcpMessage struct {
	Plaintext      []byte `json:"plaintext,omitempty"`
	PlaintextSum   *int64 `json:"plaintextCrc32c,string,omitempty"`
	Ciphertext     []byte `json:"ciphertext,omitempty"`
	CiphertextSum  *int64 `json:"ciphertextCrc32c,string,omitempty"`
	Associated     []byte `json:"additionalAuthenticatedData,omitempty"`
	AssociatedSum  *int64 `json:"additionalAuthenticatedDataCrc32c,string,omitempty"`
	PlaintextSeen  bool   `json:"verifiedPlaintextCrc32c,omitempty"`
	AssociatedSeen bool   `json:"verifiedAdditionalAuthenticatedDataCrc32c,omitempty"`
}

var errGarbled = errors.New("a checksum does not fit: what was sent is not what arrived")

func (g *gcp) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	out, err := g.call(ctx, "encrypt", &gcpMessage{
		Plaintext: plain, PlaintextSum: sum(plain), Associated: associated, AssociatedSum: sum(associated),
	})
	if err != nil {
		return nil, err
	}
	if !out.PlaintextSeen || !out.AssociatedSeen || !fits(out.Ciphertext, out.CiphertextSum) {
		return nil, errGarbled
	}
	return out.Ciphertext, nil
}

func (g *gcp) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	out, err := g.call(ctx, "decrypt", &gcpMessage{
		Ciphertext: sealed, CiphertextSum: sum(sealed), Associated: associated, AssociatedSum: sum(associated),
	})
	if err != nil {
		return nil, err
	}
	if !fits(out.Plaintext, out.PlaintextSum) {
		return nil, errGarbled
	}
	return out.Plaintext, nil
}

func sum(b []byte) *int64 {
	v := int64(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return &v
}

func fits(b []byte, want *int64) bool { return want != nil && *sum(b) == *want }

func (g *gcp) call(ctx context.Context, verb string, in *gcpMessage) (*gcpMessage, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+":"+verb, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := g.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var why struct{ Error struct{ Message string } }
		_ = json.Unmarshal(answer, &why) // what is no JSON has no message
		return nil, fmt.Errorf("status %d: %s", res.StatusCode, why.Error.Message)
	}
	var out gcpMessage
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return &out, nil
}
