package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

func key(fill byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), secret.KeySize)))
}

func box(t *testing.T, keys ...string) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpen(t *testing.T) {
	t.Parallel()
	old := box(t, key('a'))
	sealed, err := old.Seal([]byte("token"), "env|apn_1")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), "token") {
		t.Fatal("the plain text shows")
	}
	changed := append([]byte{}, sealed...)
	changed[len(changed)-1] ^= 1
	tests := map[string]struct {
		box        *secret.Box
		sealed     []byte
		associated string
		want       error
	}{
		"same key and place":   {old, sealed, "env|apn_1", nil},
		"after rotation":       {box(t, key('b'), key('a')), sealed, "env|apn_1", nil},
		"moved to another row": {old, sealed, "env|apn_2", secret.ErrOpen},
		"changed":              {old, changed, "env|apn_1", secret.ErrOpen},
		"another key":          {box(t, key('b')), sealed, "env|apn_1", secret.ErrOpen},
		"too short":            {old, []byte{1}, "env|apn_1", secret.ErrOpen},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.box.Open(tt.sealed, tt.associated)
			if !errors.Is(err, tt.want) || err == nil && string(got) != "token" {
				t.Fatalf("Open() = %q, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestNewBoxRefusesBadKeys(t *testing.T) {
	t.Parallel()
	for _, k := range []string{"", "short", base64.StdEncoding.EncodeToString([]byte("16 bytes only...")), "***"} {
		if _, err := secret.NewBox(k); err == nil {
			t.Errorf("NewBox(%q) took it", k)
		}
	}
	if _, err := secret.NewBox(); err == nil {
		t.Error("NewBox() took no key")
	}
}

func TestTextHides(t *testing.T) {
	t.Parallel()
	v := struct{ Token secret.Text }{"hunter2"}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(j), fmt.Sprint(v), fmt.Sprintf("%+v %#v %s", v, v, v.Token)} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("secret shows in %s", s)
		}
	}
	if v.Token.Reveal() != "hunter2" {
		t.Error("Reveal lost the text")
	}
}
