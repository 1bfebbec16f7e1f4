package hosted

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

// words are the page's words, by locale and key.
type words map[string]map[string]string

// readWords reads connect/locales/{locale}.json. A key that a language lacks is English.
func readWords(files fs.FS) (words, error) {
	names, err := fs.Glob(files, "connect/locales/*.json")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("there are no words for the connect page: %w", err)
	}
	w := words{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		of := map[string]string{}
		if err := json.Unmarshal(raw, &of); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		w[strings.TrimSuffix(strings.TrimPrefix(name, "connect/locales/"), ".json")] = of
	}
	return w, nil
}

// in returns the words of a locale, with the builder's own in place of ours.
func (w words) in(locale string, own map[string]map[string]string) map[string]string {
	out := maps.Clone(w["en"])
	maps.Copy(out, w[locale])
	for key, text := range own[locale] {
		if _, ours := out[key]; ours && text != "" {
			out[key] = text
		}
	}
	return out
}

// say fills the {names} of a sentence in.
func say(words map[string]string, key string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(words[key])
}

// rightToLeft are languages that are written so. The page has none of them yet,
// and is laid out for them.
var rightToLeft = map[string]bool{"ar": true, "fa": true, "he": true, "ur": true}

func direction(locale string) string {
	if rightToLeft[locale] {
		return "rtl"
	}
	return "ltr"
}
