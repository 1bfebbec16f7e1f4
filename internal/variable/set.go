package variable

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Set is what a run finds in env. It is in memory only.
type Set struct {
	Values  map[string]string
	Secrets []string // the values that are to be kept out of logs
}

// Find returns the variables with these names, as tx's environment sees them. A
// name that is nobody's is left out.
func Find(tx *gorm.DB, box *secret.Box, names []string) (*Set, error) {
	out := &Set{Values: map[string]string{}}
	if len(names) == 0 {
		return out, nil
	}
	var rows []Variable
	if err := tx.Where("name IN ?", names).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load variables: %w", err)
	}
	for _, v := range nearest(rows) {
		value, err := v.open(box)
		if err != nil {
			return nil, err
		}
		out.Values[v.Name] = value.Reveal()
		if v.Secret {
			out.Secrets = append(out.Secrets, value.Reveal())
		}
	}
	return out, nil
}

// Names returns the names of all variables that tx's environment sees.
func Names(tx *gorm.DB) (names []string, err error) {
	if err := tx.Model(&Variable{}).Distinct("name").Pluck("name", &names).Error; err != nil {
		return nil, fmt.Errorf("list variables: %w", err)
	}
	return names, nil
}

// nearest returns of each name the variable that holds, by name.
func nearest(rows []Variable) []Variable {
	order := func(v *Variable) int { return slices.Index([]Level{Environment, Project, Workspace}, v.Level()) }
	slices.SortFunc(rows, func(a, b Variable) int {
		if a.Name != b.Name {
			return slices.Compare([]byte(a.Name), []byte(b.Name))
		}
		return order(&a) - order(&b)
	})
	return slices.CompactFunc(slices.Clone(rows), func(a, b Variable) bool { return a.Name == b.Name })
}

func (v *Variable) open(box *secret.Box) (secret.Text, error) {
	plain, err := box.Open(v.Value, v.associated())
	if err != nil {
		return "", fmt.Errorf("open variable %s: %w", v.ID, err)
	}
	return secret.Text(plain), nil
}
