package manifest

import (
	"cmp"
	"path"
	"regexp"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

var key = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// read reads all documents, and returns what is wrong with them.
func read(docs []Document) (items []Item, problems []Problem, err error) {
	by := map[string]string{} // keys, and the files that have them
	for _, doc := range docs {
		d, wrong, err := workflow.Parse([]byte(doc.Source))
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // of our own
		}
		for _, p := range wrong {
			problems = append(problems, Problem{doc.File, p})
		}
		if d == nil || len(wrong) > 0 {
			continue
		}
		d.Key = cmp.Or(d.Key, stem(doc.File))
		switch other, taken := by[d.Key]; {
		case !key.MatchString(d.Key):
			problems = append(problems, problem(doc.File, "key", BadKey, "the name of the file cannot be its key: give it one, of small letters, digits, - and _"))
			continue
		case taken:
			problems = append(problems, problem(doc.File, "key", SameKey, "it has the key "+d.Key+", as "+other+" has"))
			continue
		}
		by[d.Key] = doc.File
		items = append(items, Item{File: doc.File, Key: d.Key, Name: d.Name, doc: d})
	}
	return items, problems, nil
}

func problem(file, at, code, text string) Problem {
	return Problem{file, workflow.Problem{Path: at, Code: code, Text: text}}
}

// stem is a file's name without folders and extension.
func stem(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	return strings.TrimSuffix(name, path.Ext(name))
}

var notKey = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a key of a name.
func slug(name string) string {
	s := strings.Trim(notKey.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return cmp.Or(strings.Trim(s[:min(len(s), 60)], "-"), "workflow")
}
