package demo

import (
	"net/http"
	"strings"
	"testing"
)

// What a person made and what others live on outlives a restart: records, keys,
// tokens, and the knowledge of which refresh token was used.
func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	before := newRig(t)
	spent := before.connect(Ada, "contacts.read contacts.write")
	fresh := before.tokens(before.form("/oauth/token", renewing(spent.refresh)))
	key := before.newKeyOf(Grace)
	before.wantStatus(before.bearer(fresh.access, http.MethodPost, "/api/contacts", `{"name":"Annabella"}`), http.StatusCreated)
	before.subscribe("https://sink.test/", `["*"]`)
	saved, err := before.Save()
	if err != nil {
		t.Fatal(err)
	}

	after := newRig(t)
	if err := after.Load(saved); err != nil {
		t.Fatal(err)
	}
	after.works(fresh.access, true)
	if got := after.wantStatus(after.do(http.MethodGet, "/api/me", "", "X-Acme-Key", key), http.StatusOK); !strings.Contains(got.Body, Grace) {
		t.Errorf("the key is no longer Grace's: %s", got.Body)
	}
	if got := after.Contacts(Ada); got[0].Name != "Annabella" || len(got) != 4 {
		t.Errorf("contacts = %+v", got)
	}
	if got := after.wantStatus(after.key(http.MethodGet, "/api/webhooks", ""), http.StatusOK); !strings.Contains(got.Body, "sink.test") {
		t.Errorf("webhooks = %s", got.Body)
	}
	after.wantOAuth(after.form("/oauth/token", renewing(spent.refresh)), http.StatusBadRequest, "invalid_grant")
	after.works(fresh.access, false) // its family was revoked by the reuse
}

func TestLoadRefusesDamage(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "{", `{"people":[{"id":"usr_nobody"}]}`, `{"grants":[{"person":"usr_nobody"}]}`} {
		if err := newRig(t).Load([]byte(doc)); err == nil {
			t.Errorf("Load(%q) took it", doc)
		}
	}
}
