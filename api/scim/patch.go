package scim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/directory"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

var errPath = fault.New(fault.Invalid, "directory_path", "An operation is add, replace or remove, with a path that can be read.")

// attributes are those of a resource, by name. Names are the same in every
// spelling of their letters (RFC 7643, 2.1), and some directories write the
// attributes of attributes with a dot: name.familyName.
type attributes map[string]json.RawMessage

// set sets one of a user's attributes; null takes it away. What is not kept here
// is passed over: directories send all that they have.
func set(u *directory.User, path string, raw json.RawMessage) error {
	path = strings.TrimPrefix(strings.ToLower(path), strings.ToLower(schemaUser)+":")
	texts := map[string]*string{
		"username": &u.UserName, "externalid": &u.ExternalID, "displayname": &u.DisplayName, "name.givenname": &u.GivenName, "name.familyname": &u.FamilyName,
	}
	switch into := texts[path]; {
	case into != nil:
		return text(raw, into)
	case path == "active":
		return boolean(raw, &u.Active)
	case path == "name":
		var sub attributes
		if json.Unmarshal(raw, &sub) != nil {
			return errBody
		}
		for k, v := range sub {
			if err := set(u, "name."+k, v); err != nil {
				return err
			}
		}
	case path == "emails" || path == "emails.value" || strings.HasPrefix(path, "emails["):
		return email(path, raw, &u.Email)
	}
	return nil
}

func text(raw json.RawMessage, into *string) error {
	*into = ""
	if len(raw) == 0 || json.Unmarshal(raw, into) == nil {
		*into = strings.TrimSpace(*into)
		return nil
	}
	return errBody
}

// boolean reads true and false, which Entra ID writes as "True" and "False".
func boolean(raw json.RawMessage, into *bool) error {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "true":
		*into = true
	case "false":
		*into = false
	default:
		return errBody
	}
	return nil
}

// email reads the one address that is kept: the primary one, that of the work, or
// the first.
func email(path string, raw json.RawMessage, into *string) error {
	if path != "emails" && strings.Contains(path, "type eq") && !strings.Contains(path, `"work"`) {
		return nil // another than that of the work
	}
	var one string
	if len(raw) == 0 || json.Unmarshal(raw, &one) == nil {
		*into = strings.TrimSpace(one)
		return nil
	}
	type address struct {
		Value   string
		Type    string
		Primary any
	}
	var all []address
	if json.Unmarshal(raw, &all) != nil {
		var single address
		if json.Unmarshal(raw, &single) != nil {
			return errBody
		}
		all = []address{single}
	}
	*into = ""
	best := -1
	for _, a := range all {
		rank := 0
		if strings.EqualFold(a.Type, "work") {
			rank = 1
		}
		if a.Primary == true || a.Primary == "true" || a.Primary == "True" {
			rank = 2
		}
		if rank > best && a.Value != "" {
			best, *into = rank, strings.TrimSpace(a.Value)
		}
	}
	return nil
}

// user sets what the attributes say, in one order whatever theirs is.
func (a attributes) user(u *directory.User) error {
	for _, k := range sorted(a) {
		if err := set(u, k, a[k]); err != nil {
			return err
		}
	}
	return nil
}

func sorted(a attributes) []string {
	keys := make([]string, 0, len(a))
	for k := range a {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (a attributes) group(g *directory.Group) error {
	for _, k := range sorted(a) {
		if err := setGroup(g, "replace", k, a[k]); err != nil {
			return err
		}
	}
	return nil
}

// patch is a request of RFC 7644, 3.5.2.
type patch struct {
	Operations []struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	} `json:"Operations"`
}

const maxOperations = 1000

// each calls do for each attribute that is added, replaced or removed.
func (p patch) each(do func(op, path string, value json.RawMessage) error) error {
	if len(p.Operations) == 0 || len(p.Operations) > maxOperations {
		return errBody
	}
	for _, o := range p.Operations {
		op := strings.ToLower(o.Op)
		switch {
		case op != "add" && op != "replace" && op != "remove":
			return errPath
		case o.Path != "":
			if err := do(op, strings.TrimSpace(o.Path), o.Value); err != nil {
				return err
			}
			continue
		case op == "remove":
			return errPath
		}
		var all attributes
		if json.Unmarshal(o.Value, &all) != nil {
			return errBody
		}
		for _, k := range sorted(all) {
			if err := do(op, k, all[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p patch) user(u *directory.User) error {
	return p.each(func(op, path string, value json.RawMessage) error {
		if op == "remove" {
			if strings.EqualFold(path, "active") {
				return errPath
			}
			value = nil
			if strings.EqualFold(path, "name") {
				value = json.RawMessage(`{"givenName": "", "familyName": ""}`)
			}
		}
		return set(u, path, value)
	})
}

func (p patch) group(g *directory.Group) error {
	return p.each(func(op, path string, value json.RawMessage) error { return setGroup(g, op, path, value) })
}

var memberPath = regexp.MustCompile(`(?i)^members\[\s*value\s+eq\s+"([^"]*)"\s*\]$`)

// setGroup does one operation to a group.
func setGroup(g *directory.Group, op, path string, raw json.RawMessage) error {
	if named := memberPath.FindStringSubmatch(path); named != nil {
		if op != "remove" {
			return errPath
		}
		g.Members = slices.DeleteFunc(g.Members, func(m string) bool { return m == named[1] })
		return nil
	}
	switch strings.TrimPrefix(strings.ToLower(path), strings.ToLower(schemaGroup)+":") {
	case "displayname":
		return text(raw, &g.DisplayName)
	case "externalid":
		return text(raw, &g.ExternalID)
	case "members":
		return members(g, op, raw)
	}
	if strings.HasPrefix(strings.ToLower(path), "members[") {
		return errPath
	}
	return nil
}

// members adds, replaces or removes members: those that are named, or all.
func members(g *directory.Group, op string, raw json.RawMessage) error {
	var all []struct{ Value string }
	if len(raw) > 0 && json.Unmarshal(raw, &all) != nil {
		var one struct{ Value string }
		if json.Unmarshal(raw, &one) != nil {
			return errBody
		}
		all = append(all[:0], one)
	}
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.Value
	}
	switch {
	case op == "add":
		g.Members = append(g.Members, ids...)
	case op == "replace":
		g.Members = ids
	case len(ids) == 0:
		g.Members = nil
	default: // Entra ID names in the value whom it removes
		g.Members = slices.DeleteFunc(g.Members, func(m string) bool { return slices.Contains(ids, m) })
	}
	return nil
}

var criterion = regexp.MustCompile(`(?i)^\s*([a-z.:0-9]+(?:\[type eq "work"\]\.value)?)\s+eq\s+("(?:[^"\\]|\\.)*")\s*(?:and\s+(.+))?$`)

// criteria reads a filter: attributes that equal a text, and all of them do.
func criteria(filter string) (by []directory.Criterion, err error) {
	if len(filter) > 2000 {
		return nil, directory.ErrCriteria
	}
	for strings.TrimSpace(filter) != "" {
		found := criterion.FindStringSubmatch(filter)
		if found == nil {
			return nil, directory.ErrCriteria
		}
		value, err := strconv.Unquote(found[2])
		if err != nil || strings.ContainsRune(value, 0) {
			return nil, directory.ErrCriteria
		}
		attribute := strings.ToLower(found[1])
		for _, schema := range []string{schemaUser, schemaGroup} {
			attribute = strings.TrimPrefix(attribute, strings.ToLower(schema)+":")
		}
		if attribute == "emails" || attribute == "emails.value" || attribute == `emails[type eq "work"].value` {
			attribute = "email"
		}
		by = append(by, directory.Criterion{Attribute: attribute, Value: value})
		filter = found[3]
	}
	return by, nil
}
