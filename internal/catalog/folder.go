package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Fixture returns one of an app's recorded answers.
func (c *Catalog) Fixture(slug, file string) ([]byte, error) {
	b, err := files.ReadFile(path.Join("apps", slug, "fixtures", file))
	if err != nil {
		return nil, fmt.Errorf("read fixture: %w", err)
	}
	return b, nil
}

// Source returns a shipped app's file.
func (c *Catalog) Source(slug string) ([]byte, error) {
	b, err := files.ReadFile(path.Join("apps", slug, "app.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read app file: %w", err)
	}
	return b, nil
}

// Setup returns how an operator gets a client for an app, in Markdown, with the
// redirect URI filled in: as the app's file says, or else as the shipped app's
// SETUP.md does. "" = nobody wrote it down.
func (c *Catalog) Setup(slug, redirectURI string) string {
	guide := ""
	if a, err := c.Get(slug); err == nil {
		guide = a.Setup
	}
	if guide == "" {
		b, _ := files.ReadFile(path.Join("apps", slug, "SETUP.md")) // a workspace's own app has none
		guide = string(b)
	}
	return strings.ReplaceAll(guide, "{{ redirect_uri }}", redirectURI)
}

// Files are the folders of the shipped apps, by slug.
func Files() fs.FS {
	sub, err := fs.Sub(files, "apps")
	if err != nil {
		panic(err) // it is embedded
	}
	return sub
}
