package manifest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Exported is a workflow as a document.
type Exported struct {
	Document

	WorkflowID string
	Key        string
}

// Export writes the workflows of a project as documents: what runs, and the drafts
// of what was never deployed; or all drafts. One without a key gets one of its name.
func (s *Service) Export(ctx context.Context, projectID string, drafts bool) (out []Exported, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		all, err := load(tx)
		if err != nil {
			return err
		}
		for i, key := range all.keys() {
			w := &all[i]
			d := &w.Draft
			if w.Version > 0 && !drafts {
				if d, err = workflow.AtVersion(tx, w.ID, w.Version); err != nil {
					return err //nolint:wrapcheck // of our own
				}
			}
			d.Key = key
			e, err := Write(d)
			if err != nil {
				return err
			}
			out = append(out, Exported{*e, w.ID, d.Key})
		}
		return nil
	})
	return out, err
}

// Write writes a definition as people read it, with its key as its name.
func Write(d *workflow.Definition) (*Document, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode definition: %w", err)
	}
	var ordered yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &ordered, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	for _, more := range [][]yaml.EncodeOption{{yaml.UseLiteralStyleIfMultiline(true)}, nil} {
		out, err := yaml.MarshalWithOptions(ordered, append(more, yaml.IndentSequence(true))...)
		if err == nil && means(out, d) {
			return &Document{File: d.Key + ".yaml", Source: string(out)}, nil
		}
	}
	// Whatever YAML makes of a text, JSON is what was kept.
	out, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode definition: %w", err)
	}
	return &Document{File: d.Key + ".json", Source: string(out) + "\n"}, nil
}

// means reports whether a text says what a definition does.
func means(text []byte, d *workflow.Definition) bool {
	read, problems, err := workflow.Parse(text)
	if err != nil || len(problems) > 0 || read == nil {
		return false
	}
	changes, err := workflow.Diff(d, read)
	return err == nil && len(changes) == 0
}
