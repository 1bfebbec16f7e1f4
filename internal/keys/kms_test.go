package keys_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/keys"
)

// With each key service: an installation starts, seals without asking it each
// time, rotates, moves to a file and back, and refuses another key.
func TestKeyServices(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) { // one after the other: each sets the environment
			s := &service{}
			stop := kind.start(t, s)
			r := newRig(t)
			file := r.setting
			r.setting = kind.setting("first")
			k := r.process()
			if _, ours := k.Master.Bytes(); ours || k.Master.Place != r.setting {
				t.Fatalf("%+v", k.Master)
			}
			r.fill(k, 1)
			before := s.asked()
			for i := range 1000 {
				where := fmt.Sprint(i)
				sealed, err := k.Box.Seal([]byte("x"), where)
				must(t, err)
				if _, err := k.Box.Open(sealed, where); err != nil {
					t.Fatal(err)
				}
			}
			if n := s.asked() - before; n > 0 {
				t.Errorf("a thousand secrets cost %d calls", n)
			}
			r.rotate(k)
			r.readable(1)

			first := r.setting
			r.setting = kind.setting("second")
			if _, err := r.Open(t.Context(), r.setting); !errors.Is(err, keys.ErrMismatch) {
				t.Errorf("with another key of the service: %v", err)
			}
			s.refuse(true)
			if _, err := k.SetMaster(t.Context(), file); err == nil {
				t.Error("left a key that did not open")
			}
			s.refuse(false)
			_, err := k.SetMaster(t.Context(), file)
			must(t, err)
			r.setting = file
			r.readable(1)

			here := r.process()
			s.refuse(true) // may encrypt, may not decrypt
			if _, err := here.SetMaster(t.Context(), kind.setting("second")); err == nil || !strings.Contains(err.Error(), "cannot open what it closed") {
				t.Errorf("moved to a key that does not open again: %v", err)
			}
			r.readable(1)
			s.refuse(false)
			_, err = here.SetMaster(t.Context(), first)
			must(t, err)
			r.setting = first
			r.readable(1)

			stop()
			if _, err := r.Open(t.Context(), first); err == nil || errors.Is(err, keys.ErrMismatch) || !strings.Contains(err.Error(), "does not decrypt") {
				t.Errorf("with the service down: %v", err)
			}
			if got, err := here.Box.Seal([]byte("x"), "a"); err != nil || len(got) == 0 {
				t.Errorf("a process that runs needs the service: %v", err)
			}
		})
	}
}

// What was garbled on the way to or from the service is refused.
func TestGCPGarbled(t *testing.T) {
	s := &service{garble: true}
	startGCP(t, s)
	r := newRig(t)
	if _, err := r.Open(t.Context(), kinds["gcp"].setting("k")); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Fatal(err)
	}
}

// Settings that no service could understand are refused with a sentence.
func TestBadSettings(t *testing.T) {
	r := newRig(t)
	startVault(t, &service{})
	for setting, says := range map[string]string{
		"aws-kms://key-1": "arn:aws:kms", "gcp-kms://key-1": "cryptoKeys", "hcvault://" + vaultHost + "/transit/patchbay": "transit/keys/name",
		"": "base64", "c2hvcnQ=": "base64", "file://" + t.TempDir(): "read master key",
	} {
		if _, err := r.Open(t.Context(), setting); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", setting, err)
		}
	}
}
