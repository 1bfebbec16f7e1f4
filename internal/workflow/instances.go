package workflow

// Owned says what users have of a workflow: each their own instance of it.
type Owned struct {
	Required    bool `json:"required,omitempty"`     // it runs for no user without one
	SelfService bool `json:"self_service,omitempty"` // users may make and change theirs, by a connect token
}

// Instances returns what a definition says of instances.
func (d *Definition) Instances() Owned {
	if d.Settings == nil || d.Settings.Owned == nil {
		return Owned{}
	}
	return *d.Settings.Owned
}
