package hosted

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page's fixtures are what this face answers: each is read and written by
// the face's own forms, and stays what it was. A field that one side has and
// the other has not is found here.
func TestFixtures(t *testing.T) {
	t.Parallel()
	forms := map[string]func() any{
		"page": func() any { return &Page{} }, "plan": func() any { return &Plan{} }, "standing": func() any { return &Standing{} },
		"app_list": func() any { return &AppList{} }, "started": func() any { return &Started{} },
		"account_list": func() any {
			return &struct {
				Data []Account `json:"data"`
			}{}
		},
	}
	files, err := filepath.Glob("../../web/connect/fixtures/*.json")
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, _, _ := strings.Cut(name, "-")
			form, known := forms[kind]
			if !known {
				t.Fatalf("no form is known for %s", kind)
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			into := form()
			dec := json.NewDecoder(bytes.NewReader(src))
			dec.DisallowUnknownFields()
			if err := dec.Decode(into); err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(into)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(anyOf(t, src), anyOf(t, written)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func anyOf(t *testing.T, src []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
