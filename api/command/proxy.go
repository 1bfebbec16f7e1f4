package command

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// proxy calls an app with the credential of an account.
func (p *Program) proxy() *cobra.Command {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	cmd := &cobra.Command{
		Use: "proxy METHOD URL --account ID --user USER", Short: "Call an app with the credential of an account", Args: words(2, 2),
		Long:    "Writes what the app answers as it comes. Ends with 1 where the app's status is 400 or more; the status is on standard error.",
		Example: "  patchbay proxy GET https://slack.com/api/auth.test --account apn_… --user ada\n  patchbay proxy POST /api/contacts --account apn_… --user ada --data @contact.json",
	}
	f := cmd.Flags()
	f.String("account", "", "the account's `ID`")
	f.String("user", "", "whose it is, your own `ID` of the user")
	f.StringP("data", "d", "", "the body, a `TEXT`, @FILE, or - for what comes in")
	headers := f.StringArrayP("header", "H", nil, "a header, `'NAME: VALUE'`; several times")
	needs(cmd, "account", "user")
	p.at(cmd)
	cmd.ValidArgsFunction = cobra.FixedCompletions(methods, cobra.ShellCompDirectiveNoFileComp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		method := strings.ToUpper(args[0])
		if !slices.Contains(methods, method) {
			return wrong(cmd, "%q is no method: it is %s.", args[0], strings.Join(methods, ", "))
		}
		to, s, err := p.reach(cmd)
		if err != nil {
			return err
		}
		header := to.header()
		for _, one := range *headers {
			name, value, ok := strings.Cut(one, ":")
			if !ok || strings.TrimSpace(name) == "" {
				return wrong(cmd, "--header %q is no header: it is 'NAME: VALUE'.", one)
			}
			if name = strings.TrimSpace(name); !strings.EqualFold(name, "Content-Type") {
				name = "X-Pd-Proxy-" + name // is the app's
			}
			header.Add(name, strings.TrimSpace(value))
		}
		body, err := p.data(given(cmd, "data"))
		if err != nil {
			return err
		}
		q := url.Values{"account_id": {given(cmd, "account")}, "external_user_id": {given(cmd, "user")}}
		path := withQuery("/connect/"+url.PathEscape(to.project)+"/proxy/"+base64.RawURLEncoding.EncodeToString([]byte(args[1])), q)
		var in any
		if len(body) > 0 {
			in = remote.Archive(body)
			if header.Get("Content-Type") == "" && json.Valid(body) {
				header.Set("Content-Type", "application/json")
			}
		}
		res, err := s.Open(cmd.Context(), method, path, header, in)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		_, _ = fmt.Fprintln(p.Err, res.Status)
		if _, err := io.Copy(p.Out, res.Body); err != nil {
			return fmt.Errorf("the answer broke off: %w", err)
		}
		if res.StatusCode >= http.StatusBadRequest {
			return fmt.Errorf("it was answered with %s", res.Status)
		}
		return nil
	}
	return cmd
}
