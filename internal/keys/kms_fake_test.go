package keys_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// service is a third party's key service: it keeps named keys and never hands
// them out. It speaks one of three protocols.
type service struct {
	mu            sync.Mutex
	keys          map[string]cipher.AEAD
	calls         int
	refuseDecrypt bool
	garble        bool
}

var errRefused = errors.New("refused")

// do encrypts or decrypts with a key, which it makes when it is first named.
func (s *service) do(decrypt bool, name string, in, associated []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if decrypt && s.refuseDecrypt {
		return nil, errRefused
	}
	if s.keys == nil {
		s.keys = map[string]cipher.AEAD{}
	}
	if s.keys[name] == nil {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		b, _ := aes.NewCipher(raw)
		s.keys[name], _ = cipher.NewGCMWithRandomNonce(b)
	}
	if decrypt {
		out, err := s.keys[name].Open(nil, nil, in, associated)
		if err != nil {
			return nil, errRefused
		}
		return out, nil
	}
	return s.keys[name].Seal(nil, nil, in, associated), nil
}

func (s *service) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *service) refuse(decrypt bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuseDecrypt = decrypt
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func b64(v any) []byte {
	s, _ := v.(string)
	out, _ := base64.StdEncoding.DecodeString(s)
	return out
}

// kind is a key service as an operator sets it up.
type kind struct {
	start   func(t *testing.T, s *service) (stop func())
	setting func(key string) string
}

var gcpURL, vaultHost string // of the service that a test started last

var kinds = map[string]kind{
	"aws": {startAWS, func(key string) string { return "aws-kms://arn:aws:kms:eu-central-1:111122223333:key/" + key }},
	"gcp": {startGCP, func(key string) string {
		return "gcp-kms://projects/p/locations/europe/keyRings/r/cryptoKeys/" + key + "?endpoint=" + gcpURL
	}},
	"vault": {startVault, func(key string) string { return "hcvault://" + vaultHost + "/transit/keys/" + key }},
}

func startAWS(t *testing.T, s *service) func() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyID             string `json:"KeyId"`
			Plaintext         []byte
			CiphertextBlob    []byte
			EncryptionContext map[string]string
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/kms/aws4_request") {
			answer(w, http.StatusBadRequest, map[string]any{"__type": "IncompleteSignatureException"})
			return
		}
		decrypt := r.Header.Get("X-Amz-Target") == "TrentService.Decrypt"
		out, err := s.do(decrypt, in.KeyID, append(in.Plaintext, in.CiphertextBlob...), []byte(in.EncryptionContext["associatedData"]))
		switch {
		case err != nil:
			answer(w, http.StatusBadRequest, map[string]any{"__type": "InvalidCiphertextException"})
		case decrypt:
			answer(w, http.StatusOK, map[string]any{"Plaintext": out, "KeyId": in.KeyID})
		default:
			answer(w, http.StatusOK, map[string]any{"CiphertextBlob": out, "KeyId": in.KeyID})
		}
	}))
	t.Cleanup(srv.Close)
	t.Setenv("AWS_ENDPOINT_URL_KMS", srv.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	return srv.Close
}

func startGCP(t *testing.T, s *service) func() {
	const bearer = "Bearer of-the-service-account"
	crc := func(b []byte) string {
		return strconv.Itoa(int(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))))
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		claims := jwt.MapClaims{}
		if _, err := jwt.ParseWithClaims(r.FormValue("assertion"), claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil || !strings.Contains(claims["scope"].(string), "cloudkms") {
			answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
			return
		}
		answer(w, http.StatusOK, map[string]any{"access_token": strings.TrimPrefix(bearer, "Bearer "), "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("POST /v1/", func(w http.ResponseWriter, r *http.Request) {
		name, verb, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), ":")
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		decrypt := verb == "decrypt"
		field := map[bool]string{true: "ciphertext", false: "plaintext"}[decrypt]
		body, associated := b64(in[field]), b64(in["additionalAuthenticatedData"])
		fits := in[field+"Crc32c"] == crc(body) && in["additionalAuthenticatedDataCrc32c"] == crc(associated)
		out, err := s.do(decrypt, name, body, associated)
		if r.Header.Get("Authorization") != bearer || !fits || err != nil {
			answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "Decryption failed: the ciphertext is invalid."}})
			return
		}
		sum := crc(out)
		if s.garble {
			sum = "1"
		}
		if decrypt {
			answer(w, http.StatusOK, map[string]any{"plaintext": out, "plaintextCrc32c": sum})
			return
		}
		answer(w, http.StatusOK, map[string]any{
			"name": name, "ciphertext": out, "ciphertextCrc32c": sum, "verifiedPlaintextCrc32c": true, "verifiedAdditionalAuthenticatedDataCrc32c": true,
		})
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	gcpURL = srv.URL
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "p@p.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": srv.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	must(t, err)
	path := filepath.Join(t.TempDir(), "account.json")
	must(t, os.WriteFile(path, account, 0o600))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	return srv.Close
}

func startVault(t *testing.T, s *service) func() {
	const token = "hvs.example"
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		part := strings.Split(r.URL.Path, "/") // "", v1, transit, encrypt, name
		body, _ := io.ReadAll(r.Body)
		var in map[string]string
		if err := json.Unmarshal(body, &in); err != nil || len(part) != 5 || part[2] != "transit" || r.Header.Get("X-Vault-Token") != token {
			answer(w, http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		decrypt := part[3] == "decrypt"
		text := in["plaintext"]
		if decrypt {
			text = strings.TrimPrefix(in["ciphertext"], "vault:v1:")
		}
		out, err := s.do(decrypt, part[4], b64(text), b64(in["associated_data"]))
		switch {
		case err != nil:
			answer(w, http.StatusBadRequest, map[string]any{"errors": []string{"cipher: message authentication failed"}})
		case decrypt:
			answer(w, http.StatusOK, map[string]any{"data": map[string]any{"plaintext": out}})
		default:
			answer(w, http.StatusOK, map[string]any{"data": map[string]any{"ciphertext": "vault:v1:" + base64.StdEncoding.EncodeToString(out)}})
		}
	}))
	t.Cleanup(srv.Close)
	vaultHost = strings.TrimPrefix(srv.URL, "https://")
	path := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	t.Setenv("VAULT_CACERT", path)
	t.Setenv("VAULT_TOKEN", token)
	t.Setenv("VAULT_MAX_RETRIES", "0")
	return srv.Close
}
