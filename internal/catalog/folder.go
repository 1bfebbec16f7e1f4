package catalog

import (
	"fmt"
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
// redirect URI filled in.
func (c *Catalog) Setup(slug, redirectURI string) string {
	b, err := files.ReadFile(path.Join("apps", slug, "SETUP.md"))
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(b), "{{ redirect_uri }}", redirectURI)
}
