package runner

import "github.com/patchbay-dev/patchbay/internal/secret"

// Redact takes secrets out of what is logged and told of a failure.
func Redact(res *Result, secrets []string) {
	hide := secret.NewHider(secrets)
	for i := range res.Logs {
		res.Logs[i].Text = hide.Text(res.Logs[i].Text)
	}
	if f := res.Failure; f != nil {
		f.Name, f.Message, f.Stack = hide.Text(f.Name), hide.Text(f.Message), hide.Text(f.Stack)
	}
	if s, ok := res.Exports["$summary"].(string); ok {
		res.Exports["$summary"] = hide.Text(s)
	}
}
