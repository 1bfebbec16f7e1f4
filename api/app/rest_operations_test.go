package app_test

import (
	"strings"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

const user = "user-1"

// operation is one row of the table of all operations. What can be read from
// the contract (method, path, scope, who may call) is not repeated here.
type operation struct {
	query, body string
	header      []string
	want        int
	shows       []string // texts that the happy answer holds; {name} is filled in as in a path
	bad         map[string]bad
	asks        string // the parameter of the query that names a user, whom a connect token may not choose
	both        bool   // what it names is of both environments
	alone       bool   // a workspace has one of what it is about, so that it gets a workspace of its own
	stranger    int    // what another workspace gets in its own project for the same ids; 0 = 404 as for a missing thing
}

// bad is a request that does not fit, and what the answer must name.
type bad struct {
	path, query, body string // "" = as in the happy request
	header            []string
	says              string
}

const definition = `{"name":"Greet","triggers":[{"type":"http","auth":"none"}],"steps":[{"name":"answer","type":"respond","body":{"hello":"world"}}]}`

const notificationRoute = `{"name":"Alerts","channel":"webhook","reach":"environment","url":"http://127.0.0.1:9/tell","severities":["warning","error"],"event_types":["ACCOUNT_*"]}`

var (
	page   = map[string]bad{"a limit of 0": {query: "limit=0", says: "limit"}, "a limit over 1000": {query: "limit=1001", says: "limit"}, "a limit that is no number": {query: "limit=ten", says: "limit"}, "a cursor of nobody": {query: "after=!!", says: "cursor"}, "a cursor that hides no text": {query: "after=_w", says: "cursor"}}
	ofUser = map[string]bad{"without a user": {query: "x=1", says: "external_user_id"}}
)

func with(all map[string]bad, more map[string]bad) map[string]bad {
	out := map[string]bad{}
	for _, m := range []map[string]bad{all, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

var operations = map[string]operation{
	"createOAuthToken": {body: `{"grant_type":"client_credentials","client_id":"{client}","client_secret":"{key}"}`, want: 200, shows: []string{`"token_type":"Bearer"`}, bad: map[string]bad{
		"without a secret": {body: `{"grant_type":"client_credentials","client_id":"x"}`, says: "client_secret"},
	}},
	"createConnectToken": {body: `{"external_user_id":"user-1","allow_identity_change":true}`, want: 200, stranger: 200, shows: []string{`"token":"ctok_`, `connect.html?token=ctok_`}, bad: map[string]bad{
		"without a user":           {body: `{}`, says: "external_user_id"},
		"an empty user":            {body: `{"external_user_id":""}`, says: "external_user_id"},
		"a user that is a number":  {body: `{"external_user_id":5}`, says: "external_user_id"},
		"a user longer than 250":   {body: `{"external_user_id":"` + strings.Repeat("x", 251) + `"}`, says: "external_user_id"},
		"a life over four hours":   {body: `{"external_user_id":"u","expires_in":14401}`, says: "expires_in"},
		"tools of a long name":     {body: `{"external_user_id":"u","tool_profile":"` + strings.Repeat("x", 41) + `"}`, says: "tool_profile"},
		"an origin with a path":    {body: `{"external_user_id":"u","allowed_origins":["https://a.test/x"]}`, says: "origin"},
		"an origin for everything": {body: `{"external_user_id":"u","allowed_origins":["*"]}`, says: "origin"},
		"a script to go to":        {body: `{"external_user_id":"u","success_redirect_uri":"javascript:alert(1)"}`, says: "success_redirect_uri"},
		"a private webhook":        {body: `{"external_user_id":"u","webhook_uri":"http://169.254.169.254/"}`, says: "address"},
		"a wish that is a word":    {body: `{"external_user_id":"u","allow_identity_change":"yes"}`, says: "allow_identity_change"},
		"a scope beyond connect":   {body: `{"external_user_id":"u","scope":"workflows:read"}`, says: "scope"},
		"a user with a NUL":        {body: `{"external_user_id":"a\u0000b"}`, says: "text"},
		"another environment":      {header: []string{"X-Pd-Environment", "staging"}, says: "x-pd-environment"},
		"no environment":           {header: []string{"X-Pd-Environment", ""}, says: "x-pd-environment"},
		"JSON that breaks off":     {body: `{"external_user_id":"u`, says: "body"},
		"no JSON":                  {body: `hello`, says: "body"},
		"nothing":                  {body: " ", says: "body"},
		"a form":                   {header: []string{"Content-Type", "application/x-www-form-urlencoded"}, says: "Content-Type"},
	}},
	"validateConnectToken": {want: 200, shows: []string{`"success":true`, `"project_id":"{project_id}"`}},

	"listAccounts":        {query: "state=healthy", want: 200, shows: []string{`"id":"{account_id}"`, `"cause":null`, `"health_since":"`}, asks: "external_user_id", bad: with(page, map[string]bad{"a state of nobody": {query: "state=well", says: "state"}, "a flag that is none": {query: "include_credentials=yes", says: "include_credentials"}, "a user that is no text": {query: "external_user_id=%00", says: "text"}}), stranger: 200},
	"createAccount":       {body: `{"app_slug":"acme_crm_key","cfmap_json":"{\"api_key\":\"` + demo.DemoKey + `\"}","connect_token":"{ctok}"}`, want: 200, shows: []string{`"id":"apn_`, `"auth_type":"keys"`}},
	"getAccount":          {want: 200, shows: []string{`"id":"{account_id}"`, `"external_id":"user-1"`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/accounts/exu_1", says: "account_id"}}},
	"deleteAccount":       {want: 204, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/accounts/x", says: "account_id"}}},
	"getAccountHealth":    {want: 200, shows: []string{`"state":"healthy"`, `"cause":null`, `"since":"`, `"history":[]`, `"attempts":[]`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/accounts/exu_1/health", says: "account_id"}}},
	"checkAccount":        {want: 200, shows: []string{`"id":"{account_id}"`, `"healthy":true`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/accounts/exu_1/check", says: "account_id"}}},
	"deleteAccountsByApp": {want: 204, stranger: 204},
	"listAccountsByUser":  {want: 200, shows: []string{`"id":"{account_id}"`}, stranger: 200},
	"listUsers":           {want: 200, shows: []string{`"external_id":"user-1"`}, bad: page, stranger: 200},
	"deleteUser":          {want: 204},
	"renameUser": {body: `{"external_user_id":"user-other"}`, want: 202, shows: []string{`"external_user_id":"user-other"`, `"former_id":"user-1"`, `"status":"moving"`}, bad: map[string]bad{
		"no id": {body: `{}`, says: "external_user_id"}, "an empty id": {body: `{"external_user_id":""}`, says: "external_user_id"}, "the same id": {body: `{"external_user_id":"user-1"}`, says: "already"},
		"an id longer than 250": {body: `{"external_user_id":"` + strings.Repeat("x", 251) + `"}`, says: "external_user_id"}, "an id with a NUL": {body: `{"external_user_id":"a\u0000b"}`, says: "text"},
	}},
	"listUserRenames": {query: "external_user_id=user-after&x={user_rename_id}", want: 200, shows: []string{`"id":"{user_rename_id}"`}, stranger: 200, bad: page},
	"getUserRename":   {want: 200, shows: []string{`"id":"{user_rename_id}"`, `"former_id":"user-before"`, `"former_hash":"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/user_renames/exu_1", says: "user_rename_id"}}},
	"listErasures":    {query: "external_user_id=user-2", want: 200, shows: []string{`"data":[]`}, stranger: 200, bad: page},
	"getErasure":      {want: 200, shows: []string{`"id":"{erasure_id}"`, `"status":"erasing"`, `"connect_tokens":1`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/erasures/exu_1", says: "erasure_id"}}},

	"listComponents": {query: "app=acme_crm_key&component_type=trigger&q=contact", want: 200, shows: []string{`"key":"acme-crm-key-new-contact"`, `"type":"$.interface.timer"`}, stranger: 200, bad: with(page, map[string]bad{"a type of nobody": {query: "component_type=both", says: "component_type"}, "a registry of nobody": {query: "registry=mine", says: "registry"}})},
	"listActions":    {query: "app=acme_crm_key", want: 200, shows: []string{`"key":"acme-crm-key-create-contact"`, `"readOnlyHint":false`}, stranger: 200, bad: page},
	"listTriggers":   {query: "q=http", want: 200, shows: []string{`"key":"http-new-requests"`}, stranger: 200, bad: page},
	"getComponent":   {query: "version=0.1.0", want: 200, shows: []string{`"key":"acme-crm-key-add-note"`, `"remoteOptions":true`, `"useQuery":true`}, stranger: 200},
	"getAction":      {want: 200, shows: []string{`"key":"acme-crm-key-add-note"`, `{"app":"acme_crm_key","name":"acme_crm_key","type":"app"}`}, stranger: 200},
	"getTrigger":     {want: 200, shows: []string{`"key":"acme-crm-key-new-contact"`, `"sample_event":{`}, stranger: 200},
	"configureComponentProp": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","prop_name":"contact_id","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}},"query":null,"page":0}`, want: 200, shows: []string{`"options":[{"label":"`, `"context":null`, `"errors":[]`}, stranger: 404, bad: map[string]bad{
		"without a prop": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1"}`, says: "prop_name"}, "an account that is a text": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","prop_name":"contact_id","configured_props":{"acme_crm_key":"apn_1"}}`, says: "account"},
	}},
	"reloadComponentProps": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}}}`, want: 200, shows: []string{`"dynamicProps":{"configurableProps":[{"app":"acme_crm_key"`, `"id":"dyp_`}, stranger: 404, bad: map[string]bad{"without a user": {body: `{"id":"acme-crm-key-add-note"}`, says: "external_user_id"}}},
	"configureActionProp": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","prop_name":"contact_id","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}},"query":null,"page":0}`, want: 200, shows: []string{`"options":[{"label":"`, `"context":null`, `"errors":[]`}, stranger: 404, bad: map[string]bad{
		"without a prop": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1"}`, says: "prop_name"}, "an account that is a text": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","prop_name":"contact_id","configured_props":{"acme_crm_key":"apn_1"}}`, says: "account"},
	}},
	"reloadActionProps": {body: `{"id":"acme-crm-key-add-note","external_user_id":"user-1","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}}}`, want: 200, shows: []string{`"dynamicProps":{"configurableProps":[{"app":"acme_crm_key"`, `"id":"dyp_`}, stranger: 404, bad: map[string]bad{"without a user": {body: `{"id":"acme-crm-key-add-note"}`, says: "external_user_id"}}},
	"configureTriggerProp": {body: `{"id":"acme-crm-key-new-contact","external_user_id":"user-1","prop_name":"acme_crm_key","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}},"query":null,"page":0}`, want: 200, shows: []string{`"options":[]`}, stranger: 404, bad: map[string]bad{
		"without a prop": {body: `{"id":"acme-crm-key-new-contact","external_user_id":"user-1"}`, says: "prop_name"}, "an account that is a text": {body: `{"id":"acme-crm-key-new-contact","external_user_id":"user-1","prop_name":"acme_crm_key","configured_props":{"acme_crm_key":"apn_1"}}`, says: "account"},
	}},
	"reloadTriggerProps": {body: `{"id":"acme-crm-key-new-contact","external_user_id":"user-1","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}}}`, want: 200, shows: []string{`"dynamicProps":{"configurableProps":[{"app":"acme_crm_key"`, `"id":"dyp_`}, stranger: 404, bad: map[string]bad{"without a user": {body: `{"id":"acme-crm-key-new-contact"}`, says: "external_user_id"}}},
	"runAction": {body: `{"id":"acme-crm-key-create-contact","external_user_id":"user-1","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"},"name":"Grace"},"stash_id":"NEW"}`, want: 200, shows: []string{`"exports":{"$summary":"Added Grace"}`, `"name":"Grace"`, `"k":"console.log"`, `"stash_id":null`}, stranger: 404, bad: map[string]bad{
		"without an account": {body: `{"id":"acme-crm-key-create-contact","external_user_id":"user-1","configured_props":{"name":"Grace"}}`, says: "authProvisionId"},
		"without a name":     {body: `{"id":"acme-crm-key-create-contact","external_user_id":"user-1","configured_props":{"acme_crm_key":{"authProvisionId":"{account_id}"}}}`, says: "Name is missing"},
		"props that are one": {body: `{"id":"acme-crm-key-create-contact","external_user_id":"user-1","configured_props":[]}`, says: "configured_props"},
		"a key of a mile":    {header: []string{"Idempotency-Key", strings.Repeat("k", 256)}, says: "Idempotency-Key"},
	}},
	"listStashFiles":    {query: "external_user_id=user-1", want: 200, shows: []string{`"id":"{stash_file_id}"`, `"get_url":"http`, `"size":5`}, asks: "external_user_id", stranger: 200, bad: page},
	"getStashFile":      {want: 200, shows: []string{`"id":"{stash_file_id}"`, `"s3Key":"1day/{project_id}/`, `/u/a.txt"`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/file_stash/files/x", says: "stash_file_id"}}},
	"deleteStashFile":   {want: 204},
	"downloadStashFile": {query: "s3_key={s3_key}", want: 200, shows: []string{"hello"}, bad: map[string]bad{"no key": {query: "x=1", says: "s3_key"}}},
	"uploadStashFile": {query: "external_user_id=user-1&path=b/c.txt", body: "hello", header: []string{"Content-Type", "application/octet-stream"}, want: 201, asks: "external_user_id", stranger: 201, shows: []string{`"path":"b/c.txt"`, `"stash_id":"stsh_`}, bad: map[string]bad{
		"no path": {query: "external_user_id=user-1", says: "path"}, "a way up": {query: "external_user_id=user-1&path=../x", says: "path"}, "a folder of the root's": {query: "external_user_id=user-1&path=/etc/x", says: "path"}, "a stash of nobody": {query: "external_user_id=user-1&path=x&stash_id=mine", says: "stash_id"},
	}},
	"listActionRuns":  {query: "external_user_id=user-1&status=succeeded&x={action_run_id}", want: 200, shows: []string{`"id":"{action_run_id}"`, `"background":false`, `"error":null`}, asks: "external_user_id", stranger: 200, bad: with(page, map[string]bad{"a status of nobody": {query: "status=done", says: "status"}, "a time of nobody": {query: "from=today", says: "from"}})},
	"getActionRun":    {want: 200, shows: []string{`"id":"{action_run_id}"`, `"ret":{`, `"input":null`, `"status_url":"http`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/action_runs/run_1", says: "action_run_id"}}},
	"cancelActionRun": {want: 409, shows: []string{`"code":"run_over"`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/action_runs/run_1/cancel", says: "action_run_id"}}},

	"listWorkspaceVariables": {query: "x={variable_name}", want: 200, shows: []string{`"name":"{variable_name}"`, `"scope":"workspace"`, `"value":"of the workspace"`, `"used_by":[]`}, stranger: 200},
	"setWorkspaceVariable": {body: `{"value":"changed now"}`, want: 200, shows: []string{`"name":"{variable_name}"`, `"value":"changed now"`}, stranger: 200, bad: map[string]bad{
		"a name with a dash": {path: "/variables/a-b", says: "name"}, "a name of the system": {path: "/variables/PATH", body: `{"value":"longer"}`, says: "path"}, "no value": {path: "/variables/NEW_ONE", body: `{}`, says: "value"}, "too much": {body: `{"value":"` + strings.Repeat("x", 65537) + `"}`, says: "value"}, "a zero byte": {body: `{"value":"a\u0000bcdefg"}`, says: "zero"}, "a short secret": {body: `{"value":"abc","secret":true}`, says: "secret"},
	}},
	"deleteWorkspaceVariable": {want: 204},
	"listVariables":           {query: "x={variable_name}", want: 200, shows: []string{`"name":"{variable_name}"`, `"scope":"project","secret":true`, `"value":null`, `"overridden":true`}, stranger: 200},
	"setVariable": {query: "scope=environment", body: `{"value":"s3cret-of-env","description":"d"}`, want: 200, shows: []string{`"scope":"environment"`, `"secret":true`, `"value":null`}, stranger: 200, bad: map[string]bad{
		"no scope": {query: "x=1", says: "scope"}, "the workspace's scope": {query: "scope=workspace", says: "scope"}, "another field": {body: `{"value":"longer","name":"x"}`, says: "name"},
	}},
	"deleteVariable": {query: "scope=project", both: true, want: 204},

	"listDataStores": {query: "scope=data_store&subject=filled&x={data_store_id}", want: 200, shows: []string{`"id":"{data_store_id}"`, `"subject":"filled"`}, stranger: 200, bad: with(page, map[string]bad{"a scope of nobody": {query: "scope=galaxy", says: "scope"}})},
	"createDataStore": {body: `{"subject":"seen"}`, want: 201, stranger: 201, shows: []string{`"id":"ds_`, `"scope":"data_store"`}, bad: map[string]bad{
		"without a subject": {body: `{}`, says: "subject"}, "no name": {body: `{"subject":""}`, says: "name"}, "a name with a NUL": {body: `{"subject":"a\u0000"}`, says: "text"}, "a project with a subject": {body: `{"scope":"project","subject":"x"}`, says: "scope"},
	}},
	"getDataStore":    {want: 200, shows: []string{`"id":"{data_store_id}"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/data_stores/x", says: "data_store_id"}}},
	"deleteDataStore": {want: 204},
	"listRecords":     {query: "keys_only=false&prefix=a", want: 200, shows: []string{`"data":[`, `"next_key":null`}, bad: map[string]bad{"a limit of 0": {query: "limit=0", says: "limit"}}},
	"clearDataStore":  {want: 204},
	"getRecord":       {want: 200, shows: []string{`"key":"a/b"`, `"value":41`}},
	"setRecord": {body: `{"value":{"n":12345678901234567890},"ttl_seconds":60,"if_version":null}`, want: 200, shows: []string{`"key":"a/b"`, `"value":{"n":12345678901234567890}`, `"expires_at":"`}, bad: map[string]bad{
		"without a value": {body: `{}`, says: "value"}, "a life of no time": {body: `{"value":1,"ttl_seconds":0}`, says: "ttl_seconds"}, "a version of nobody": {body: `{"value":1,"if_version":-1}`, says: "if_version"}, "a key that is too long": {path: "/projects/{project_id}/data_stores/{data_store_id}/records/" + strings.Repeat("x", 251), says: "record_key"},
	}},
	"deleteRecord":    {want: 204, bad: map[string]bad{"a version of nobody": {query: "if_version=x", says: "if_version"}}},
	"incrementRecord": {body: `{"by":1}`, want: 200, shows: []string{`"value":42`}, bad: map[string]bad{"by a half": {body: `{"by":0.5}`, says: "by"}}},

	"listApps": {query: "q=acme", want: 200, shows: []string{`"name_slug":"acme_crm"`, `"name_slug":"acme_crm_key"`}, bad: with(page, map[string]bad{"an order of nobody": {query: "sort_key=size", says: "sort_key"}}), stranger: 200},
	"getApp":   {want: 200, shows: []string{`{"data":{`, `"name_slug":"acme_crm_key"`}, stranger: 200},

	"listAppFiles": {query: "x={app_id}", want: 200, shows: []string{`"slug":"{app_id}"`, `"override":false`}, stranger: 200},
	"getAppFile":   {want: 200, shows: []string{`"own":true`, `"own_logo":true`, `"checked":null`, `"offered":true`}},
	"saveAppFile": {body: `{"source":"{app_source}"}`, want: 200, shows: []string{`"version":1`}, stranger: 200, bad: map[string]bad{
		"no source":        {body: `{}`, says: "source"},
		"a wrong file":     {body: `{"source":"schema: app/v1\nslug: x"}`, says: "line 1"},
		"a text for a map": {body: `{"source":"x","fixtures":"y"}`, says: "fixtures"},
		"a file of a path": {body: `{"source":"{}","fixtures":{"../x.json":"{}"}}`, says: "recorded answers"},
		"YAML of nothing":  {body: "x: [", header: []string{"Content-Type", "application/yaml"}, says: "line 1"},
	}},
	"deleteAppFile":         {want: 204},
	"checkAppFile":          {body: `{}`, want: 200, shows: []string{`"sound":true`, `"name":"identity","result":"passed"`}, bad: map[string]bad{"a source that is a list": {body: `{"source":[]}`, says: "source"}}},
	"listAppFileVersions":   {want: 200, shows: []string{`"version":1`, `"author":"{client}"`}, stranger: 200},
	"getAppFileVersion":     {want: 200, shows: []string{`"version":1`, `"source":"schema: app/v1`}, bad: map[string]bad{"a version of nobody": {path: "/app_files/{app_id}/versions/0", says: "version"}}},
	"restoreAppFileVersion": {want: 200, shows: []string{`"version":1`}},
	"saveAppLogo":           {body: `<svg xmlns="http://www.w3.org/2000/svg"/>`, header: []string{"Content-Type", "application/octet-stream"}, want: 200, shows: []string{`/_static/logos/logo_`}, bad: map[string]bad{"no picture": {body: "hello", says: "logo"}}},
	"deleteAppLogo":         {want: 204},

	"listMCPServers": {query: "x={app_id}", want: 200, stranger: 200, shows: []string{`"app":"{app_id}"`, `"changes":[]`}},
	"getMCPServer":   {want: 200, shows: []string{`"app":"{app_id}"`, `"key":"~/{app_id}-add_note"`, `"author":"{client}"`}},
	"saveMCPServer": {body: `{"url":"{mcp_url}","auth":"none"}`, want: 200, stranger: 200, shows: []string{`"app":"{app_id}"`, `"digest":null`, `"failure":null`}, bad: map[string]bad{
		"no address":       {body: `{"auth":"none"}`, says: "url"},
		"another protocol": {body: `{"url":"ftp://example.com"}`, says: "address"},
		"auth of nobody":   {body: `{"url":"{mcp_url}","auth":"magic"}`, says: "auth"},
	}},
	"lookAtMCPServer":       {body: `{}`, want: 200, shows: []string{`"app":"{app_id}"`, `"changes":[]`}, bad: map[string]bad{"a token that is a list": {body: `{"token":[]}`, says: "token"}}},
	"acceptMCPServer":       {body: `{"digest":"{mcp_digest}"}`, want: 200, shows: []string{`"app":"{app_id}"`, `"changes":[]`, `Adds a note, and tells of it.`}, bad: map[string]bad{"no digest": {body: `{}`, says: "digest"}}},
	"declineMCPServer":      {body: `{"digest":"{mcp_digest}"}`, want: 200, shows: []string{`"app":"{app_id}"`, `"declined":true`, `"digest":"{mcp_digest}"`}, bad: map[string]bad{"no digest": {body: `{}`, says: "digest"}}},
	"deleteMCPServer":       {want: 204},
	"listComponentPackages": {query: "verify=true&x={package_name}", want: 200, stranger: 200, shows: []string{`"name":"{package_name}"`, `"intact":true`, `"refused":[]`}, bad: map[string]bad{"a flag of nobody": {query: "verify=maybe", says: "verify"}}},
	"installComponentPackage": {body: packageOf("ours-1", ""), header: []string{"Content-Type", "application/octet-stream"}, want: 200, stranger: 200, shows: []string{`"name":"ours-1"`, `"key":"~/ours-1-say"`, `"author":"{client}"`, `"accepted_at":null`}, bad: map[string]bad{
		"no archive":        {body: "hello", says: "no .tgz"},
		"a flag of nobody":  {query: "dev=maybe", says: "dev"},
		"no component":      {body: packageOf("ours-1", "export default 1"), says: "no component"},
		"JSON for a .tgz":   {body: "{}", header: []string{"Content-Type", "application/json"}, says: "content-type"},
		"nothing in it all": {body: packageOf("", ""), says: "package.json"},
	}},
	"deleteComponentPackage": {want: 204},
	"listPrivateComponents":  {query: "x={component_name}", want: 200, shows: []string{`"key":"~/{component_name}"`, `"versions":["0.1.0"]`, `"triggers":0`}, stranger: 200},
	"getPrivateComponent":    {query: "version=0.1.0", want: 200, shows: []string{`"key":"~/{component_name}"`, `"source":"schema: operation/v1`, `"problems":[]`}},
	"savePrivateComponent": {body: `{"app":"acme_crm_key","source":"{component_source}"}`, want: 200, stranger: 200, shows: []string{`"key":"~/{component_name}"`, `"version":"0.1.0"`, `"author":"{client}"`}, bad: map[string]bad{
		"no source":     {body: `{"app":"acme_crm_key"}`, says: "source"},
		"a wrong file":  {body: `{"app":"acme_crm_key","source":"schema: operation/v1"}`, says: "line 1"},
		"a flag as one": {body: `{"app":"acme_crm_key","source":"x","dev":"yes"}`, says: "dev"},
	}},
	"deletePrivateComponent": {want: 204},
	"checkPrivateComponent":  {body: `{"app":"acme_crm_key","source":"{component_source}"}`, want: 200, stranger: 200, shows: []string{`"sound":true`, `"name":"a contact","wrong":[]`}, bad: map[string]bad{"no app": {body: `{"source":"x"}`, says: "app"}}},

	"listAppCategories": {want: 200, shows: []string{`"id":"appcat_demo"`, `"name":"CRM"`}, stranger: 200},
	"getAppCategory":    {want: 200, shows: []string{`{"description":null,"id":"appcat_demo"`}, stranger: 200},
	"listOAuthApps":     {query: "app=acme_crm", want: 200, shows: []string{`"name_slug":"acme_crm"`, `"redirect_uri":"https://`}, bad: page, stranger: 200},
	"createOAuthApp": {body: `{"app":"google_sheets","client_id":"ours","client_secret":"hush-hush","name":null,"scopes":null}`, want: 201, shows: []string{`"id":"oa_`, `"client_id":"ours"`, `/callback"`, `"name_slug":"google_sheets"`, `"setup":"# Google Sheets`, `"previous":null`}, stranger: 201, bad: map[string]bad{
		"without a secret":    {body: `{"app":"google_sheets","client_id":"x"}`, says: "client_secret"},
		"an app of keys":      {body: `{"app":"acme_crm_key","client_id":"x","client_secret":"y"}`, says: "OAuth"},
		"scopes that are one": {body: `{"app":"google_sheets","client_id":"x","client_secret":"y","scopes":"a"}`, says: "scopes"},
	}},
	"getOAuthApp":          {want: 200, shows: []string{`"id":"{oauth_app_id}"`, `"additional_scopes":[]`, `"previous":{"expires_at":"`, `"suspended_at":null`, `"suspended_code":null`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/oauth_apps/apn_1", says: "oauth_app_id"}}},
	"updateOAuthApp":       {body: `{"client_id":"renewed","client_secret":"","additional_scopes":["x"]}`, want: 200, shows: []string{`"client_id":"renewed"`, `"additional_scopes":["x"]`}, bad: map[string]bad{"a name that is a list": {body: `{"name":[]}`, says: "name"}}},
	"deleteOAuthApp":       {want: 204},
	"deletePreviousSecret": {want: 204},
	"testOAuthApp":         {body: `{}`, want: 200, shows: []string{`"redirect_uri":"https://`, `"check":"authorize","code":null,"message":"The provider does not know this client id.","status":400,"verdict":"wrong_client"`, `"check":"secret","code":"invalid_client"`, `"check":"previous_secret"`}, bad: map[string]bad{"a field of nobody": {body: `{"fields":{"shop":"x"}}`, says: "shop"}}},

	"listAppOverrides": {query: "app=zendesk", want: 200, shows: []string{`"id":"{app_override_id}"`, `"cfmap":{"subdomain":"acme"}`}, bad: page, stranger: 200},
	"createAppOverride": {body: `{"app":"zendesk","name":"Ours","oauth_app_id":null,"cfmap":{"subdomain":"https://acme.zendesk.com"}}`, want: 201, shows: []string{`"id":"ao_`, `"oauth_app_id":null`, `"cfmap":{"subdomain":"acme"}`, `"name_slug":"zendesk"`, `"owner_id":"{project_id}"`}, stranger: 201, bad: map[string]bad{
		"without a name":             {body: `{"app":"zendesk"}`, says: "name"},
		"a field that holds secrets": {body: `{"app":"acme_crm_key","name":"x","cfmap":{"api_key":"acme_x"}}`, says: "secret"},
		"a field of nobody":          {body: `{"app":"zendesk","name":"x","cfmap":{"shop":"a"}}`, says: "shop"},
		"a field of another form":    {body: `{"app":"zendesk","name":"x","cfmap":{"subdomain":"evil.test/?"}}`, says: "Zendesk address"},
		"an empty field":             {body: `{"app":"zendesk","name":"x","cfmap":{"subdomain":""}}`, says: "Zendesk address"},
		"a field that is a list":     {body: `{"app":"zendesk","name":"x","cfmap":{"subdomain":[]}}`, says: "cfmap"},
	}},
	"getAppOverride": {want: 200, shows: []string{`"id":"{app_override_id}"`}, bad: map[string]bad{"an id of another kind": {path: "/connect/{project_id}/app_overrides/oa_1", says: "app_override_id"}}},
	"updateAppOverride": {body: `{"name":"Renamed","oauth_app_id":null}`, want: 200, shows: []string{`"name":"Renamed"`, `"cfmap":{"subdomain":"acme"}`}, bad: map[string]bad{
		"an empty name":     {body: `{"name":""}`, says: "name"},
		"a field of nobody": {body: `{"cfmap":{"shop":"a"}}`, says: "shop"},
	}},
	"deleteAppOverride": {want: 204},

	"deployTrigger": {body: `{"id":"http-new-requests","external_user_id":"user-1","webhook_url":"http://127.0.0.1:9/x","version":null,"configured_props":null}`, want: 200, stranger: 200, shows: []string{`{"data":{`, `"type":"HttpInterface"`}, bad: map[string]bad{
		"without an id":        {body: `{"external_user_id":"u"}`, says: "id"},
		"without a user":       {body: `{"id":"http-new-requests"}`, says: "external_user_id"},
		"a webhook of files":   {body: `{"id":"http-new-requests","external_user_id":"u","webhook_url":"file:///etc/passwd"}`, says: "webhook_url"},
		"a private webhook":    {body: `{"id":"http-new-requests","external_user_id":"u","webhook_url":"http://10.0.0.1/"}`, says: "address"},
		"a prop of nobody":     {body: `{"id":"http-new-requests","external_user_id":"u","configured_props":{"cron":"* * * * *"}}`, says: "configured_props"},
		"a workflow to start":  {body: `{"id":"http-new-requests","external_user_id":"u","workflow_id":"p_1"}`, says: "workflow"},
		"a page that is a map": {body: `{"id":{},"external_user_id":"u"}`, says: "id"},
	}},
	"listDeployedTriggers": {query: "external_user_id=user-1&emitter_type=http", want: 200, shows: []string{`"id":"{trigger_id}"`}, bad: map[string]bad{"a type of nobody": {query: "external_user_id=user-1&emitter_type=cron", says: "emitter_type"}}, stranger: 200},
	"getDeployedTrigger":   {query: "external_user_id=user-1", want: 200, shows: []string{`"id":"{trigger_id}"`}, asks: "external_user_id", bad: ofUser},
	"updateDeployedTrigger": {query: "external_user_id=user-1", body: `{"active":false,"name":"Orders","configured_props":null,"emit_on_deploy":null}`, want: 200, shows: []string{`"active":false`, `"name":"Orders"`, `"name_slug":"orders"`}, asks: "external_user_id", bad: with(ofUser, map[string]bad{
		"a switch that is a word": {body: `{"active":"no"}`, says: "active"},
		"a prop of nobody":        {body: `{"configured_props":{"x":1}}`, says: "configured_props"},
	})},
	"deleteDeployedTrigger": {query: "external_user_id=user-1&ignore_hook_errors=true", want: 204, asks: "external_user_id", bad: ofUser},
	"listTriggerEvents":     {query: "external_user_id=user-1&n=5", want: 200, shows: []string{`{"data":[]`}, asks: "external_user_id", bad: with(ofUser, map[string]bad{"none of them": {query: "external_user_id=user-1&n=0", says: "n"}})},
	"listAppAddresses":      {want: 200, shows: []string{`"data":`}, stranger: 200},
	"createAppAddress": {body: `{"app":"slack","secrets":["s"]}`, want: 201, stranger: 201, shows: []string{`"app":"slack"`, `"secrets_set":1`, `/e/en`}, bad: map[string]bad{
		"no app":            {body: `{}`, says: "app"},
		"an empty secret":   {body: `{"app":"slack","secrets":[""]}`, says: "secrets"},
		"a route to a name": {body: `{"app":"slack","route":[{"json":"/x","equals":"name"}]}`, says: "identity.id"},
		"an app unsigned":   {body: `{"app":"snowflake"}`, says: "signed"},
	}},
	"updateAppAddress": {body: `{"route":[{"json":"/team","equals":"var.team_id"}]}`, want: 200, shows: []string{`"id":"{address_id}"`, `"equals":"var.team_id"`}, bad: map[string]bad{
		"a route from nowhere": {body: `{"route":[{"equals":"identity.id"}]}`, says: "place"},
	}},
	"deleteAppAddress":   {want: 204},
	"listInboundLetters": {query: "state=waiting", want: 200, stranger: 200, shows: []string{`"id":"{letter_id}"`, `"reason":"no_account"`, `"said":"T9"`}, bad: with(page, map[string]bad{"a state of nobody": {query: "state=lost", says: "state"}})},
	"resolveInboundLetter": {body: `{"action":"discard"}`, want: 200, shows: []string{`"id":"{letter_id}"`, `"state":"discarded"`}, bad: map[string]bad{
		"an action of nobody": {body: `{"action":"burn"}`, says: "action"},
	}},
	"listInboundSchemes":  {want: 200, shows: []string{`"name":"stripe"`, `"wants_token":true`}, stranger: 200},
	"getTriggerIntake":    {query: "external_user_id=user-1", want: 200, shows: []string{`"verification":null`, `"received":0`}, bad: ofUser},
	"listTriggerBatches":  {query: "external_user_id=user-1&n=5", want: 200, shows: []string{`{"data":[]`}, bad: with(ofUser, map[string]bad{"none of them": {query: "external_user_id=user-1&n=0", says: "n"}})},
	"listTriggerLooks":    {query: "external_user_id=user-1", want: 200, shows: []string{`{"data":[]`}, bad: ofUser},
	"getTriggerLook":      {query: "external_user_id=user-1", want: 200, shows: []string{`{"data":{"exports":null,"omitted":0,"os":[{"k":"console.log","msg":"hello","ts":1795250000000}]}}`}, asks: "external_user_id", bad: ofUser},
	"listTriggerOrphans":  {want: 200, stranger: 200, shows: []string{`"id":"{orphan_id}"`, `"component_key":"acme-crm-key-contact-changed"`}},
	"retryTriggerOrphan":  {want: 204},
	"deleteTriggerOrphan": {want: 204},
	"tryTriggerFilter":    {query: "external_user_id=user-1", body: `{"filter":"trigger.body.n > 1"}`, want: 200, shows: []string{`{"data":[]`}, bad: with(ofUser, map[string]bad{"no condition": {body: `{"filter":"1 +"}`, says: "filter"}, "none": {body: `{}`, says: "filter"}})},
	"getWorkflowIntake":   {both: true, want: 200, shows: []string{`"verification":null`, `"received":0`}},
	"updateWorkflowIntake": {both: true, body: `{"verification":{"scheme":"stripe","secrets":["whsec_1"],"token":null},"dedupe":{"window_seconds":60},"response":{"status":202,"body":"ok"}}`, want: 200, shows: []string{`"scheme":"stripe"`, `"secrets_set":1`, `"status":202`}, bad: map[string]bad{
		"a trigger's setting": {body: `{"expect_every":60}`, says: "expect_every"},
		"a page as an answer": {body: `{"response":{"content_type":"text/html","body":"<script>"}}`, says: "content_type"},
		"no such scheme":      {body: `{"verification":{"scheme":"none"}}`, says: "scheme"},
	}},
	"updateTriggerIntake": {query: "external_user_id=user-1", body: `{"verification":{"scheme":"stripe","secrets":["whsec_1"],"token":null},"dedupe":{"window_seconds":60},"filter":null,"max_waiting":5}`, want: 200, shows: []string{`"scheme":"stripe"`, `"secrets_set":1`, `"window_seconds":60`, `"max_waiting":5`, `"filter":null`}, bad: with(ofUser, map[string]bad{
		"a scheme of nobody":      {body: `{"verification":{"scheme":"zzz"}}`, says: "scheme"},
		"an algorithm of nobody":  {body: `{"verification":{"scheme":"custom","custom":{"kind":"hmac","alg":"md5"}}}`, says: "alg"},
		"a setting of nobody":     {body: `{"retries":3}`, says: "retries"},
		"an id from nowhere":      {body: `{"dedupe":{}}`, says: "dedupe"},
		"an empty secret":         {body: `{"verification":{"scheme":"stripe","secrets":[""]}}`, says: "secrets"},
		"a body that is too long": {body: `{"max_body":1000000}`, says: "max_body"},
	})},
	"listTriggerWorkflows": {query: "external_user_id=user-1", want: 200, shows: []string{`"workflow_ids":[]`}, asks: "external_user_id", bad: ofUser},
	"updateTriggerWorkflows": {query: "external_user_id=user-1", body: `{"workflow_ids":["{workflow_id}","{workflow_id}"]}`, want: 200, shows: []string{`"workflow_ids":["{workflow_id}"]`}, asks: "external_user_id", bad: with(ofUser, map[string]bad{
		"a workflow of nobody": {body: `{"workflow_ids":["p_1"]}`, says: "workflow"}, "null for a list": {body: `{"workflow_ids":null}`, says: "workflow_ids"},
	})},
	"listTriggerWebhooks": {query: "external_user_id=user-1", want: 200, shows: []string{`"id":"{webhook_id}"`, `"signing_key":"`}, asks: "external_user_id", bad: ofUser},
	"updateTriggerWebhooks": {query: "external_user_id=user-1", body: `{"webhook_urls":["http://127.0.0.1:9/a","http://127.0.0.1:9/a"]}`, want: 200, shows: []string{`"webhook_urls":["http://127.0.0.1:9/a"]`}, asks: "external_user_id", bad: with(ofUser, map[string]bad{
		"null for a list": {body: `{"webhook_urls":null}`, says: "webhook_urls"}, "a URL that is none": {body: `{"webhook_urls":["x"]}`, says: "webhook_urls"},
	})},
	"getTriggerWebhook":           {query: "external_user_id=user-1", want: 200, shows: []string{`"id":"{webhook_id}"`, `"signing_key":"`}, bad: ofUser},
	"regenerateTriggerWebhookKey": {query: "external_user_id=user-1", want: 200, shows: []string{`"signing_key":"`}, bad: ofUser},

	"getProjectWebhook":           {want: 200, shows: []string{`{"data":null}`}, stranger: 200},
	"updateProjectWebhook":        {body: `{"url":"http://127.0.0.1:9/p"}`, want: 200, shows: []string{`"signing_key":"`, `"url":"http://127.0.0.1:9/p"`}, bad: map[string]bad{"without a URL": {body: `{}`, says: "url"}, "a private URL": {body: `{"url":"http://192.168.0.1/"}`, says: "address"}}, stranger: 200},
	"deleteProjectWebhook":        {want: 204, stranger: 204},
	"regenerateProjectWebhookKey": {want: 200, shows: []string{`"id":"{project_webhook}"`, `"signing_key":"`}},

	"getUserVerification": {want: 200, shows: []string{`"verify_url":null`, `"enabled":null`, `"active":false`}, stranger: 200},
	"updateUserVerification": {body: `{"verify_url":"http://127.0.0.1:9/verify","enabled":true}`, want: 200, shows: []string{`"active":true`, `"verify_url":"http://127.0.0.1:9/verify"`}, stranger: 200, bad: map[string]bad{
		"a script": {body: `{"verify_url":"javascript:alert(1)"}`, says: "verify url"}, "a user in it": {body: `{"verify_url":"https://u:p@x.test/"}`, says: "verify url"}, "on without a URL": {body: `{"verify_url":null,"enabled":true}`, says: "verify_url"},
		"plain http in production": {header: []string{"X-Pd-Environment", "production"}, says: "https"}, "without a URL": {body: `{}`, says: "verify_url"},
	}},
	"confirmUserVerification": {body: `{"nonce":"{nonce}","external_user_id":"user-1"}`, want: 200, shows: []string{`/connect/verified?key=vk_`}, bad: map[string]bad{"without a nonce": {body: `{"external_user_id":"user-1"}`, says: "nonce"}, "without a user": {body: `{"nonce":"vn_1"}`, says: "external_user_id"}}},

	"getMCP": {want: 200, shows: []string{`/mcp/p/{project_id}/development"`, `"approval":"none"`, `"sign_in_url":null`}, stranger: 200},
	"updateMCP": {body: `{"sign_in_url":"http://127.0.0.1:9/sign-in"}`, want: 200, shows: []string{`"sign_in_url":"http://127.0.0.1:9/sign-in"`}, stranger: 200, bad: map[string]bad{
		"a script": {body: `{"sign_in_url":"javascript:alert(1)"}`, says: "sign-in address"}, "plain http in production": {header: []string{"X-Pd-Environment", "production"}, says: "https"}, "without it": {body: `{}`, says: "sign_in_url"},
	}},
	"listToolProfiles": {query: "x={profile_name}", want: 200, shows: []string{`"name":"{profile_name}"`}, bad: page, stranger: 200},
	"createToolProfile": {body: `{"name":"support-desk","description":"What the desk does.","meta_tools":["list_accounts"],"tools":[{"component_id":"slack-send-message","preset":{"channel":"C1"},"hidden":["blocks"]}]}`, want: 201, shows: []string{`"url":"`, `/mcp/p/{project_id}/development/support-desk"`, `"preset":{"channel":"C1"}`, `"hidden":["blocks"]`}, stranger: 201, bad: map[string]bad{
		"without a name": {body: `{"tools":[{"component_id":"slack-send-message"}]}`, says: "name"}, "a name in capitals": {body: `{"name":"Desk","tools":[{"component_id":"slack-send-message"}]}`, says: "name"}, "no tools": {body: `{"name":"desk","tools":[]}`, says: "tools"},
		"an action of nobody": {body: `{"name":"desk","tools":[{"component_id":"no-such"}]}`, says: "no action no-such"}, "a prop of nobody": {body: `{"name":"desk","tools":[{"component_id":"slack-send-message","preset":{"colour":"red"}}]}`, says: "colour"},
		"a tool of ours that is none": {body: `{"name":"desk","meta_tools":["drop_all"],"tools":[{"component_id":"slack-send-message"}]}`, says: "meta_tools"},
	}},
	"getToolProfile":               {want: 200, shows: []string{`"name":"{profile_name}"`, `"component_id":"slack-send-message"`}},
	"updateToolProfile":            {body: `{"description":"Less.","tools":[{"component_id":"slack-list-channels"}]}`, want: 200, shows: []string{`"description":"Less."`, `"component_id":"slack-list-channels"`}, bad: map[string]bad{"without tools": {body: `{}`, says: "tools"}, "a trigger": {body: `{"tools":[{"component_id":"http-new-requests"}]}`, says: "no action"}}},
	"deleteToolProfile":            {want: 204},
	"completeAuthorizationRequest": {body: `{"authorization_request":"{authorization_request}","external_user_id":"user-1"}`, want: 200, shows: []string{`/connect/consent?key=mcpk_`}, bad: map[string]bad{"without a request": {body: `{"external_user_id":"user-1"}`, says: "authorization_request"}, "without a user": {body: `{"authorization_request":"mcpq_1"}`, says: "external_user_id"}}},
	"listMCPAuthorizations":        {query: "external_user_id=user-1", want: 200, shows: []string{`"data":[`}, bad: page, stranger: 200},
	"revokeMCPAuthorization":       {want: 204},

	"listProjects":   {query: "q=Saas", want: 200, shows: []string{`"name":"My SaaS"`}, bad: page, stranger: 200},
	"createProject":  {body: `{"name":"Next","app_name":null}`, want: 201, shows: []string{`"name":"Next"`, `"app_name":null`}, bad: map[string]bad{"without a name": {body: `{}`, says: "name"}, "a name over 120": {body: `{"name":"` + strings.Repeat("x", 121) + `"}`, says: "name"}}, stranger: 201},
	"getProjectInfo": {want: 200, shows: []string{`"name_slug":"acme_crm"`}},
	"getProject":     {want: 200, shows: []string{`"id":"{project_id}"`}},
	"updateProject":  {body: `{"event_keep_days":7,"log_keep_days":3,"development_users":10,"app_name":"Renamed","name":null,"proxy_allowed_hosts":["*.Slack.com"],"proxy_log_bodies":true,"action_log_values":true}`, want: 200, shows: []string{`"app_name":"Renamed"`, `"name":"My SaaS"`, `"proxy_allowed_hosts":["*.slack.com"]`, `"proxy_log_bodies":true`, `"action_log_values":true`, `"event_keep_days":7`, `"log_keep_days":3`, `"development_users":10`}, bad: map[string]bad{"fewer users than none": {body: `{"development_users":-2}`, says: "development_users"}, "ten years and a day": {body: `{"event_keep_days":3651}`, says: "event_keep_days"}, "a name that is a list": {body: `{"name":[]}`, says: "name"}, "a host that is a URL": {body: `{"proxy_allowed_hosts":["https://slack.com"]}`, says: "host"}, "all hosts": {body: `{"proxy_allowed_hosts":["*"]}`, says: "host"}}},

	"getBrand": {want: 200, stranger: 200, shows: []string{`"product":"My SaaS"`, `"radius":14`, `"warnings":[]`, `"files":[]`, `"updated_at":null`}},
	"replaceBrand": {body: `{"product":"Acme","light":{"accent":"#AA0011","text":"#777777"},"dark":{"accent":null},"radius":null,"texts":{"en":{"done.title":"Hurray"}}}`, want: 200, stranger: 200, shows: []string{`"accent":"#aa0011"`, `"product":"Acme"`, `4.47 : 1`}, bad: map[string]bad{
		"a colour by name":           {body: `{"light":{"accent":"red"}}`, says: "accent"},
		"a style in a colour":        {body: `{"dark":{"text":"#fff;}body{"}}`, says: "text"},
		"a radius beyond":            {body: `{"radius":25}`, says: "radius"},
		"a font of nobody":           {body: `{"font":"Comic Sans"}`, says: "font"},
		"a logo from elsewhere":      {body: `{"logo_url":"https://evil.test/x.svg"}`, says: "logo_url"},
		"a script for a link":        {body: `{"terms_url":"javascript:alert(1)"}`, says: "terms_url"},
		"no e-mail":                  {body: `{"support_email":"help"}`, says: "support_email"},
		"another language":           {body: `{"texts":{"xx":{"done.title":"x"}}}`, says: "languages"},
		"no environment":             {header: []string{"X-Pd-Environment", ""}, says: "x-pd-environment"},
		"another try than yes or no": {query: "dry_run=perhaps", says: "dry_run"},
	}},
	"updateBrand": {body: `{"radius":3,"light":{"accent":null}}`, want: 200, stranger: 200, shows: []string{`"radius":3`}, bad: map[string]bad{
		"a name that is a number": {body: `{"product":5}`, says: "brand"}, "nothing": {body: `{}`, says: "propert"}, "a colour by name": {body: `{"light":{"accent":"red"}}`, says: "light.accent"},
	}},
	"copyBrand": {body: `{"from":"production"}`, want: 200, stranger: 200, shows: []string{`"product":"My SaaS"`}, bad: map[string]bad{"of nobody": {body: `{"from":"staging"}`, says: "from"}}},
	"planPromotion": {query: "from=development&to=production", want: 200, stranger: 200, shows: []string{`"fingerprint":"`, `"from":"development"`}, bad: map[string]bad{
		"of nobody": {query: "from=staging&to=production", says: "from"}, "into itself": {query: "from=production&to=production", says: "two environments"},
	}},
	"promote": {body: `{"from":"development","to":"production","fingerprint":"0"}`, want: 409, stranger: 409, shows: []string{`"code":"promotion_changed"`}, bad: map[string]bad{
		"without a plan": {body: `{"from":"development","to":"production"}`, says: "fingerprint"}, "into itself": {body: `{"from":"production","to":"production","fingerprint":"0"}`, says: "two environments"},
	}},
	"saveBrandFile": {body: `<svg xmlns="http://www.w3.org/2000/svg"/>`, header: []string{"Content-Type", "application/octet-stream"}, want: 200, stranger: 200, shows: []string{`"url":"/_static/brand/bf_`, `"type":"image/svg+xml"`}, bad: map[string]bad{
		"no picture": {body: "hello", says: "logo"}, "a script": {body: `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, says: "script"}, "another kind": {path: "/projects/{project_id}/brand/files/favicon", says: "kind"},
		"a font that is none": {path: "/projects/{project_id}/brand/files/font", body: "wOF2", says: "WOFF2"},
	}},
	"deleteBrandFile":  {want: 204},
	"getConnectDomain": {want: 200, stranger: 200, shows: []string{`{"data":null}`}},
	"setConnectDomain": {body: `{"host":"{connect_host}"}`, want: 200, stranger: 409, shows: []string{`"host":"{connect_host}"`, `"url":"https://{connect_host}`}, bad: map[string]bad{
		"no host": {body: `{}`, says: "host"}, "an address": {body: `{"host":"203.0.113.7"}`, says: "host"}, "a URL": {body: `{"host":"https://acme.example"}`, says: "host"},
		"ours": {body: `{"host":"x.workflows.localhost"}`, says: "installation"},
	}},
	"deleteConnectDomain": {want: 204, stranger: 204},

	"listImports": {want: 200, stranger: 200, shows: []string{`"id":"{import_id}"`}, bad: page},
	"createImport": {query: "format=jsonl&dry_run=true", header: []string{"Content-Type", "application/octet-stream"}, body: `{"external_user_id":"user-1","app":"acme_crm_key","fields":{"api_key":"acme_1"}}`, want: 202, stranger: 202, shows: []string{`"total":1`, `"dry_run":true`}, bad: map[string]bad{
		"without a format":    {query: "dry_run=true", says: "format"},
		"an unknown format":   {query: "format=xlsx", says: "format"},
		"nothing":             {body: "\n", says: "no rows"},
		"an unknown column":   {query: "format=csv", body: "external_user_id,password\na,b", says: "password"},
		"a flag that is none": {query: "format=jsonl&dry_run=maybe", says: "dry_run"},
	}},
	"getImport":          {want: 200, shows: []string{`"id":"{import_id}"`, `"failed":1`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/imports/x", says: "import_id"}}},
	"listImportErrors":   {want: 200, shows: []string{`"code":"row"`}, bad: map[string]bad{"an unknown format": {query: "format=xlsx", says: "format"}}},
	"listRevocations":    {want: 200, stranger: 200, shows: []string{`"data":[`}, bad: with(page, map[string]bad{"an unknown status": {query: "status=gone", says: "status"}})},
	"listDeliveries":     {query: "state=pending&since=2026-01-01T00:00:00Z&event_type=trigger.emitted&external_user_id=user-1", want: 200, shows: []string{`"id":"{delivery_id}"`, `"level":"trigger"`}, bad: with(page, map[string]bad{"a state of nobody": {query: "state=lost", says: "state"}}), stranger: 200},
	"getDelivery":        {want: 200, shows: []string{`"id":"{delivery_id}"`, `"attempts":[]`, `"payload":"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/deliveries/dlv_1", says: "delivery_id"}}},
	"listDeadLetters":    {query: "status=5xx&error=status&since=2026-01-01T00:00:00Z", want: 200, shows: []string{`"data":[]`}, bad: with(page, map[string]bad{"a status of nobody": {query: "status=6xx", says: "status"}, "a time that is none": {query: "until=soon", says: "until"}, "an endpoint of another kind": {query: "endpoint_id=dlv_1", says: "endpoint_id"}}), stranger: 200},
	"exportDeadLetters":  {query: "event_type=trigger.emitted", want: 200, bad: map[string]bad{"a time that is none": {query: "since=yesterday", says: "since"}}, stranger: 200},
	"discardDeadLetters": {body: `{"filter":{}}`, want: 200, shows: []string{`{"discarded":0,"more":false}`}, stranger: 200, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}, "a field of nobody": {body: `{"filter":{"colour":"red"}}`, says: "colour"}, "no id": {body: `{"filter":{"delivery_ids":[]}}`, says: "delivery_ids"}}},
	"listReplays":        {want: 200, shows: []string{`"id":"{replay_id}"`}, bad: page, stranger: 200},
	"createReplay": {body: `{"filter":{"state":"exhausted"},"rate":5}`, want: 202, stranger: 202, shows: []string{`"id":"rpl_`, `"rate":5`, `"status":"running"`, `"to_endpoint_id":null`}, bad: map[string]bad{
		"too fast": {body: `{"filter":{},"rate":1001}`, says: "rate"}, "a state of nobody": {body: `{"filter":{"state":"lost"}}`, says: "state"}, "what is being sent": {body: `{"filter":{"state":"sending"}}`, says: "being sent"},
		"events by their state": {body: `{"filter":{"state":"exhausted"},"to_endpoint_id":"whk_` + strings.Repeat("0", 26) + `"}`, says: "event_type"}, "an end before its beginning": {body: `{"filter":{"since":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"}}`, says: "since"},
	}},
	"countReplay":   {body: `{"filter":{},"to_endpoint_id":"{webhook_id}"}`, want: 200, shows: []string{`{"total":0}`}, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}}},
	"getReplay":     {want: 200, shows: []string{`"id":"{replay_id}"`, `"done":0`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/replays/dlv_1", says: "replay_id"}}},
	"pauseReplay":   {want: 200, shows: []string{`"status":"paused"`}},
	"resumeReplay":  {want: 200, shows: []string{`"status":"running"`}},
	"cancelReplay":  {want: 200, shows: []string{`"status":"cancelled"`}},
	"retryDelivery": {want: 202, shows: []string{`"id":"{delivery_id}"`, `"state":"pending"`}},
	"listEndpoints": {want: 200, shows: []string{`"id":"{endpoint_id}"`, `"headers":["X-Api-Key"]`}, bad: page, stranger: 200},
	"createEndpoint": {
		body: `{"url":"http://127.0.0.1:9/new","event_types":["ACCOUNT_*","trigger.emitted"],"headers":{"x-api-key":"hush"},"rate_per_second":5}`, want: 201, stranger: 201,
		shows: []string{`"id":"whk_`, `"signing_key":"`, `"standard_secret":"whsec_`, `"headers":["X-Api-Key"]`, `"burst":5`, `"status":"active"`, `"breaker":"closed"`}, bad: map[string]bad{
			"without a URL":              {body: `{}`, says: "url"},
			"a URL of files":             {body: `{"url":"file:///etc/passwd"}`, says: "url"},
			"a private address":          {body: `{"url":"http://10.0.0.1/"}`, says: "address"},
			"a type of nobody":           {body: `{"url":"http://127.0.0.1:9/x","event_types":["ACCOUNT_LOST"]}`, says: "ACCOUNT_LOST"},
			"no types":                   {body: `{"url":"http://127.0.0.1:9/x","event_types":[]}`, says: "event_types"},
			"a payload of nobody":        {body: `{"url":"http://127.0.0.1:9/x","payload":"xml"}`, says: "payload"},
			"no signature":               {body: `{"url":"http://127.0.0.1:9/x","signatures":[]}`, says: "signatures"},
			"a timeout of a minute":      {body: `{"url":"http://127.0.0.1:9/x","timeout_ms":60000}`, says: "timeout_ms"},
			"a wait of a week":           {body: `{"url":"http://127.0.0.1:9/x","retry_waits":[604800]}`, says: "retry_waits"},
			"waits of a month":           {body: `{"url":"http://127.0.0.1:9/x","retry_waits":[259200,259200,259200]}`, says: "waits"},
			"65 at once":                 {body: `{"url":"http://127.0.0.1:9/x","concurrency":65}`, says: "concurrency"},
			"a burst without a rate":     {body: `{"url":"http://127.0.0.1:9/x","burst":5}`, says: "rate"},
			"an order of nobody":         {body: `{"url":"http://127.0.0.1:9/x","ordering":"time"}`, says: "ordering"},
			"our own header":             {body: `{"url":"http://127.0.0.1:9/x","headers":{"webhook-id":"x"}}`, says: "Webhook-Id"},
			"a header of the connection": {body: `{"url":"http://127.0.0.1:9/x","headers":{"host":"x"}}`, says: "Host"},
			"two headers in one":         {body: `{"url":"http://127.0.0.1:9/x","headers":{"x-a":"b\r\nx-c: d"}}`, says: "X-A"},
			"a certificate that is none": {body: `{"url":"http://127.0.0.1:9/x","client_certificate":{"certificate":"x","key":"y"}}`, says: "certificate"},
		},
	},
	"getEndpoint": {want: 200, shows: []string{`"id":"{endpoint_id}"`, `"waiting":0`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/endpoints/dlv_1", says: "endpoint_id"}}},
	"updateEndpoint": {body: `{"description":"Billing","headers":{"x-api-key":null},"rate_per_second":0}`, want: 200, shows: []string{`"description":"Billing"`, `"headers":[]`, `"burst":0`}, bad: map[string]bad{
		"a private address": {body: `{"url":"http://10.0.0.1/"}`, says: "address"},
		"a type of nobody":  {body: `{"event_types":["x"]}`, says: "type of event"},
		"a mask":            {body: `{"headers":{"x-api-key":"********"}}`, says: "mask"},
	}},
	"deleteEndpoint":        {want: 204},
	"regenerateEndpointKey": {want: 200, shows: []string{`"id":"{endpoint_id}"`, `"signing_key":"`}},
	"testEndpoint": {body: `{"event_type":"ACCOUNT_DEAD"}`, want: 200, shows: []string{`"delivered":false`, `"error":"connection"`, `"X-Api-Key":"********"`}, bad: map[string]bad{
		"no type":          {body: `{}`, says: "event_type"},
		"a type of nobody": {body: `{"event_type":"X"}`, says: "type of event"},
	}},
	"enableEndpoint":  {body: `{"waiting":"drain"}`, want: 200, shows: []string{`"status":"active"`}, bad: map[string]bad{"without a choice": {body: `{}`, says: "waiting"}, "a choice of nobody": {body: `{"waiting":"x"}`, says: "waiting"}}},
	"disableEndpoint": {want: 200, shows: []string{`"status":"disabled"`, `"disabled_reason":"manual"`}},
	"listEventTypes":  {want: 200, shows: []string{`"type":"ENDPOINT_FAILING"`, `"platform":true`, `"$schema":"https://json-schema.org/draft/2020-12/schema"`}, stranger: 200},
	"listEvents":      {query: "types=trigger.emitted,ACCOUNT_DEAD&since=2026-01-01T00:00:00Z&external_user_id=user-1", want: 200, shows: []string{`"id":"{event_id}"`, `"type":"trigger.emitted"`}, bad: with(page, map[string]bad{"a type of nobody": {query: "types=trigger.emitted,LOST", says: "type"}, "a time that is none": {query: "until=tomorrow", says: "until"}}), stranger: 200},
	"readEvents":      {query: "since=2026-01-01T00:00:00Z&limit=1", want: 200, shows: []string{`"cursor":"`, `"more":`}, bad: map[string]bad{"a type of nobody": {query: "types=LOST", says: "type"}, "a cursor of nobody": {query: "after=MQ", says: "cursor"}, "a time that is none": {query: "since=1h", says: "since"}, "an hour to wait": {query: "wait=3600", says: "wait"}, "no events": {query: "limit=0", says: "limit"}}, stranger: 200},
	"getEvent":        {want: 200, shows: []string{`"id":"{event_id}"`, `"body":"{`, `"hops":0`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/events/evt_1", says: "event_id"}}},

	"createRateLimit": {body: `{"window_size_seconds":60,"requests_per_window":10}`, want: 200, shows: []string{`{"token":"rl_`}, stranger: 200, bad: map[string]bad{
		"without a window": {body: `{"requests_per_window":10}`, says: "window_size_seconds"}, "no request": {body: `{"window_size_seconds":60,"requests_per_window":0}`, says: "requests_per_window"},
		"a window over a day": {body: `{"window_size_seconds":86401,"requests_per_window":1}`, says: "window_size_seconds"},
	}},
	"listUsage": {query: "start_ts=1735689600&end_ts=1735862400&environment=development", want: 200, stranger: 200, shows: []string{`{"data":[{"action_run_credits_used":0,"credits_used":0,"proxy_credits_used":0,"source_emit_credits_used":0,"usage_end_ts":1735776000,"usage_start_ts":1735689600},{`}, bad: map[string]bad{
		"without an end": {query: "start_ts=1735689600", says: "end_ts"}, "a time that is no number": {query: "start_ts=today&end_ts=1735862400", says: "start_ts"}, "an end before its beginning": {query: "start_ts=1735862400&end_ts=1735689600", says: "period"},
		"an environment of nobody": {query: "start_ts=1735689600&end_ts=1735862400&environment=staging", says: "environment"},
	}},
	"getLimits": {want: 200, shows: []string{`"plan":null`, `"name":"proxy","own":null,"per":"project","plan":null,"rate":null,"server":null`, `"quotas":[]`}},
	"setLimits": {body: `{"limits":[{"name":"proxy","rate":{"requests":5,"window_seconds":60}}],"quotas":[{"kind":"action_run","most":10,"at_full":"refuse"}]}`, want: 200, shows: []string{`"own":{"requests":5,"window_seconds":60}`, `{"at_full":"refuse","kind":"action_run","most":10,"of":"project","used":0}`}, bad: map[string]bad{
		"without quotas": {body: `{"limits":[]}`, says: "quotas"}, "a limit of nobody": {body: `{"limits":[{"name":"colours","rate":{"requests":5,"window_seconds":60}}],"quotas":[]}`, says: "name"}, "no request": {body: `{"limits":[{"name":"proxy","rate":{"requests":0,"window_seconds":60}}],"quotas":[]}`, says: "requests"},
		"a quota of nobody": {body: `{"limits":[],"quotas":[{"kind":"colour","most":1,"at_full":"warn"}]}`, says: "kind"}, "less than nothing": {body: `{"limits":[],"quotas":[{"kind":"credit","most":-1,"at_full":"warn"}]}`, says: "most"}, "what would be lost": {body: `{"limits":[],"quotas":[{"kind":"delivery","most":1,"at_full":"refuse"}]}`, says: "lost"},
	}},
	"countUsage": {query: "from=2026-01-01&to=2026-12-31&group_by=user&app=acme", want: 200, stranger: 200, shows: []string{`"from":"2026-01-01"`, `"to":"2026-12-31"`, `"total":{"action_runs":0,`}, bad: map[string]bad{
		"without a day": {query: "from=2026-01-01", says: "to"}, "a day that is none": {query: "from=2026-01-01&to=yesterday", says: "to"}, "days for years": {query: "from=2020-01-01&to=2026-01-01", says: "period"}, "a day of nobody": {query: "from=0000-01-01&to=0000-01-02", says: "period"},
		"groups of nobody": {query: "from=2026-01-01&to=2026-01-02&group_by=colour", says: "group_by"}, "a form of nobody": {query: "from=2026-01-01&to=2026-01-02&format=xml", says: "format"},
	}},
	"listProxyRequests": {query: "app=acme_crm_key&status=2xx&from=2026-01-01T00:00:00Z&external_user_id=user-1", want: 200, shows: []string{`"id":"{proxy_request_id}"`, `"path":"/api/me?a="`}, bad: with(page, map[string]bad{"a status of nobody": {query: "status=6xx", says: "status"}, "a time that is none": {query: "from=yesterday", says: "from"}}), stranger: 200},
	"getProxyRequest":   {want: 200, shows: []string{`"id":"{proxy_request_id}"`, `"request_body":null`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/requests/req_1", says: "proxy_request_id"}}},

	"listConnectSessions": {query: "app=acme_crm&status=open&from=2026-01-01T00:00:00Z&external_user_id=user-1", want: 200, shows: []string{`"id":"{connect_session_id}"`, `"reached":"picked"`, `"code":null`}, bad: with(page, map[string]bad{"a status of nobody": {query: "status=lost", says: "status"}, "a time that is none": {query: "from=yesterday", says: "from"}}), stranger: 200},
	"getConnectSession":   {want: 200, shows: []string{`"id":"{connect_session_id}"`, `"name":"opened"`, `"name":"picked"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/connect_sessions/req_1", says: "connect_session_id"}}},
	"getConnectFunnel":    {query: "app=acme_crm", want: 200, shows: []string{`"opened":`, `"abandoned":0`, `"codes":[]`}, bad: map[string]bad{"a time that is none": {query: "to=tomorrow", says: "to"}}, stranger: 200},

	"listNotificationRoutes": {want: 200, shows: []string{`"id":"{notification_route_id}"`, `"target":"http://127.0.0.1:9/•••"`, `"status":"active"`, `"breaker":"closed"`}, stranger: 200},
	"createNotificationRoute": {body: notificationRoute, want: 201, stranger: 201, shows: []string{`"id":"nrt_`, `"signing_key":"`}, bad: map[string]bad{
		"a private target":        {body: strings.Replace(notificationRoute, "127.0.0.1:9", "169.254.169.254", 1), says: "address"},
		"no target":               {body: strings.Replace(notificationRoute, `"url"`, `"link"`, 1), says: "URL"},
		"a channel of nobody":     {body: strings.Replace(notificationRoute, `"webhook"`, `"pigeon"`, 1), says: "channel"},
		"no Discord webhook":      {body: strings.Replace(notificationRoute, `"webhook"`, `"discord"`, 1), says: "Discord"},
		"e-mail without a server": {body: strings.Replace(notificationRoute, `"webhook"`, `"email"`, 1), says: "PATCHBAY_SMTP_URL"},
		"an event of nobody":      {body: strings.Replace(notificationRoute, "ACCOUNT_*", "PARTY_*", 1), says: "event"},
		"every emitted event":     {body: strings.Replace(notificationRoute, "ACCOUNT_*", "trigger.emitted", 1), says: "event"},
		"a severity of nobody":    {body: strings.Replace(notificationRoute, `"error"`, `"panic"`, 1), says: "severities"},
		"a time zone of nobody":   {body: strings.Replace(notificationRoute, `"reach"`, `"time_zone":"Moon/Base","reach"`, 1), says: "time zone"},
		"a mute that never ends":  {body: strings.Replace(notificationRoute, `"reach"`, `"mutes":[{"days":["mon"],"from":"09:00","to":"09:00"}],"reach"`, 1), says: "mute"},
		"a script for a runbook":  {body: strings.Replace(notificationRoute, `"reach"`, `"runbook_url":"javascript:alert(1)","reach"`, 1), says: "runbook"},
		"a digest at no time":     {body: strings.Replace(notificationRoute, `"reach"`, `"digest":{"every":"daily","at":"25:00","day":"mon","empty":false},"reach"`, 1), says: "digest"},
	}},
	"getNotificationRoute":     {want: 200, shows: []string{`"id":"{notification_route_id}"`, `"reach":"environment"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/notification_routes/run_1", says: "notification_route_id"}}},
	"replaceNotificationRoute": {body: strings.Replace(notificationRoute, "Alerts", "Nights", 1), want: 200, shows: []string{`"name":"Nights"`}, bad: map[string]bad{"another channel": {body: strings.Replace(notificationRoute, `"webhook"`, `"slack"`, 1), says: "channel"}}},
	"deleteNotificationRoute":  {want: 204},
	"testNotificationRoute":    {want: 200, shows: []string{`"sent":false`, `"code":"SEND_FAILED"`, `"retry":true`}},
	"previewNotification":      {query: "channel=discord&event_type=ACCOUNT_DEAD", want: 200, stranger: 200, shows: []string{`"embeds":[`, `"allowed_mentions":{"parse":[]}`}, bad: map[string]bad{"an event of nobody": {query: "channel=slack&event_type=PARTY", says: "event"}, "a channel of nobody": {query: "channel=pigeon&event_type=ACCOUNT_DEAD", says: "channel"}}},
	"listNotificationEvents":   {want: 200, stranger: 200, shows: []string{`"type":"WORKFLOW_FAILED"`, `"channels":["discord","slack","teams","webhook"]`}},
	"listNotices":              {query: "state=pending", want: 200, stranger: 200, shows: []string{`"data":[]`}, bad: with(page, map[string]bad{"a state of nobody": {query: "state=lost", says: "state"}})},
	"listNoticeGroups":         {want: 200, stranger: 200, shows: []string{`"data":[]`}, bad: page},

	"applyWorkflows": {body: `{"dry_run":true,"documents":[{"file":"a/greet.yaml","source":"name: W\nsteps: [{name: a, type: respond, body: '{{ env.NONE }}'}]"}]}`, want: 200, stranger: 200, shows: []string{`"applied":false`, `"changes":1`, `"key":"greet"`, `"workflow_id":null`, `"action":"create"`, `"code":"variable_missing"`}, bad: map[string]bad{
		"no documents":        {body: `{"documents":[]}`, says: "documents"},
		"one that is none":    {body: `{"documents":[{"file":"a.yaml","source":"name: ["}]}`, says: "a.yaml"},
		"a missing variable":  {body: `{"documents":[{"file":"a.yaml","source":"name: W\nsteps: [{name: a, type: respond, body: '{{ env.NONE }}'}]"}]}`, says: "env.NONE"},
		"another environment": {header: []string{"X-Pd-Environment", "staging"}, says: "x-pd-environment"},
	}},
	"exportWorkflows":       {query: "drafts=true&x={workflow_id}", want: 200, stranger: 200, shows: []string{`"workflow_id":"{workflow_id}"`, `"file":"`, `"source":"key: `}},
	"listWorkflowTemplates": {want: 200, stranger: 200, shows: []string{`"key":"payments-in-order"`, `"triggers":["http"]`}},
	"listAccountAliases":    {query: "x={alias}", want: 200, stranger: 200, shows: []string{`"alias":"{alias}"`, `"account_id":"{account_id}"`, `"app":"acme_crm_key"`}},
	"setAccountAlias":       {body: `{"account_id":"{account_id}"}`, want: 200, shows: []string{`"alias":"{alias}"`, `"account_id":"{account_id}"`}, bad: map[string]bad{"no account": {body: `{}`, says: "account_id"}, "a name of nobody": {path: "/projects/{project_id}/account_aliases/CRM", says: "alias"}}},
	"deleteAccountAlias":    {want: 204},
	"listWorkflows":         {want: 200, shows: []string{`"id":"{workflow_id}"`}, bad: page, stranger: 200},
	"listWorkflowVersions":  {query: "x={workflow_version}", want: 200, shows: []string{`"version":1`, `"message":"`, `"running":true`}, bad: page},
	"getWorkflowVersion":    {want: 200, shows: []string{`"version":1`, `"definition":{`}, bad: map[string]bad{"the version 0": {path: "/projects/{project_id}/workflows/{workflow_id}/versions/0", says: "workflow_version"}}},
	"diffWorkflowVersions":  {want: 200, shows: []string{`"changes":[]`}},
	"setRunningVersion":     {body: `{"version":{workflow_version}}`, want: 200, shows: []string{`"version":1`}, bad: map[string]bad{"no version": {body: `{}`, says: "version"}, "a canary that is the same": {body: `{"version":1,"canary":{"version":1,"percent":10}}`, says: "canary"}, "all for the canary": {body: `{"version":1,"canary":{"version":1,"percent":100}}`, says: "percent"}}},
	"getWorkflowReadiness":  {want: 200, shows: []string{`"score":`, `"code":"runbook"`}},
	"validateWorkflow":      {body: `{"source":"name: W\nsteps:\n  - name: a\n    type: filter\n    if: '{{ steps.b.x }}'\n  - {name: c, type: respond, status: 99}\n"}`, want: 200, shows: []string{`"valid":false`, `"line":6`, `"path":"steps[1].status"`}, stranger: 200, bad: map[string]bad{"without a source": {body: `{}`, says: "source"}}},
	"createWorkflow": {body: definition, want: 201, shows: []string{`"version":0`, `"active":false`, `"auth":"none"`}, stranger: 201, bad: map[string]bad{
		"without steps":      {body: `{"name":"x","triggers":[{"type":"http"}]}`, says: "steps"},
		"a field of nobody":  {body: strings.Replace(definition, `"name":"Greet"`, `"name":"Greet","speed":9`, 1), says: "speed"},
		"a step of nobody":   {body: strings.Replace(definition, `"respond"`, `"teleport"`, 1), says: "type"},
		"an open expression": {body: strings.Replace(definition, `"world"`, `"{{ trigger"`, 1), says: "steps[0].body"},
		"YAML of nobody":     {body: "name: x\nspeed: 9", header: []string{"Content-Type", "application/yaml"}, says: "speed"},
		"YAML that is none":  {body: "name: [", header: []string{"Content-Type", "application/yaml"}, says: "yaml"},
	}},
	"getWorkflow":    {want: 200, shows: []string{`"id":"{workflow_id}"`, `"draft_differs":false`, `"version":1`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/workflows/run_1", says: "workflow_id"}}},
	"updateWorkflow": {body: strings.Replace(definition, "Greet", "Salute", 1), want: 200, shows: []string{`"name":"Salute"`, `"draft_differs":true`}, bad: map[string]bad{"no steps": {body: strings.Replace(definition, `"steps":[`, `"steps":[],"x":[`, 1), says: "steps"}}},
	"deleteWorkflow": {want: 204},
	"deployWorkflow": {want: 200, shows: []string{`"active":true`, `"version":1`}},
	"listInstances":  {query: "x={instance_id}", want: 200, shows: []string{`"id":"{instance_id}"`, `"external_user_id":"user-1"`, `"active":true`}, asks: "external_user_id", stranger: 200, bad: page},
	"getInstance":    {query: "x={instance_id}", want: 200, shows: []string{`"id":"{instance_id}"`, `"config":{"n":1}`, `"account_map":{}`}},
	"putInstance":    {query: "x={external_user_id}", body: `{"active":false,"config":{"a":[1]}}`, both: true, want: 200, shows: []string{`"id":"inst_`, `"active":false`, `"config":{"a":[1]}`}, bad: map[string]bad{"a config that is a list": {body: `{"config":[]}`, says: "config"}, "an account that is none": {body: `{"account_map":{"slack":"x"}}`, says: "account_map"}}},
	"deleteInstance": {query: "x={instance_id}", want: 204},
	"startRun": {body: `{"body":{"n":1}}`, both: true, want: 202, shows: []string{`"status":"queued"`, `"trigger":""`, `"external_user_id":null`}, bad: map[string]bad{
		"an account that is none": {body: `{"external_user_id":"u","account_map":{"slack":"x"}}`, says: "account_map"}, "a user without a name": {body: `{"external_user_id":""}`, says: "external_user_id"},
		"something else": {body: `{"input":{}}`, says: "input"},
	}},
	"disableWorkflow":         {want: 200, shows: []string{`"active":false`}},
	"listWorkflowTriggers":    {query: "external_user_id=user-1", want: 200, shows: []string{`"name":"hourly"`, `"type":"http"`, `"running":true`, `"next_at":["20`}},
	"updateWorkflowTrigger":   {body: `{"active":false}`, want: 200, shows: []string{`"active":false`, `"running":false`, `"next_at":[]`}, bad: map[string]bad{"nothing": {body: `{}`, says: "active"}}},
	"runWorkflowTrigger":      {body: `{}`, want: 202, shows: []string{`"run_id":"run_`}, bad: map[string]bad{"a user without a name": {body: `{"external_user_id":""}`, says: "external_user_id"}}},
	"listWorkflowFirings":     {want: 200, shows: []string{`"data":[]`}},
	"previewSchedule":         {body: `{"cron":"30 2 * * *","time_zone":"Europe/Berlin"}`, want: 200, shows: []string{`"data":["20`}, bad: map[string]bad{"both": {body: `{"cron":"0 9 * * *","every":"1h"}`, says: "either"}, "no zone": {body: `{"cron":"0 9 * * *","time_zone":"Berlin"}`, says: "time zone"}}, stranger: 200},
	"regenerateWorkflowToken": {want: 200, shows: []string{`"bearer_token":"pbw_`}},
	"listRuns":                {query: "status=queued,failed&text=post", want: 200, shows: []string{`"id":"{run_id}"`, `"trace_id":"`, `"store":"all"`}, bad: with(page, map[string]bad{"a status of nobody": {query: "status=lost", says: "status"}, "a trace of nobody": {query: "trace_id=1", says: "trace_id"}, "a text of one letter": {query: "text=a", says: "text"}, "a search backwards": {query: "text=post&before=cnVu", says: "cursor"}}), stranger: 200},
	"listRunQueues":           {query: "x={run_id}", want: 200, shows: []string{`"waiting":1`, `"paused_at":null`}, stranger: 200},
	"getRunQueue":             {want: 200, both: true, shows: []string{`"workflow_id":"{workflow_id}"`, `"keys":[]`}},
	"pauseRunQueue":           {body: `{"reason":"a fire"}`, both: true, want: 200, shows: []string{`"paused_because":"a fire"`, `"paused_at":"`}, bad: map[string]bad{"a reason that is a number": {body: `{"reason":5}`, says: "reason"}}},
	"resumeRunQueue":          {want: 200, both: true, shows: []string{`"paused_at":null`}},
	"releaseRunQueue":         {body: `{"key":"x"}`, both: true, want: 404, shows: []string{`"code":"queue_not_blocked"`}, bad: map[string]bad{"without a key": {body: `{}`, says: "key"}}},
	"clearRunQueue":           {body: `{"external_user_id":"nobody"}`, both: true, want: 200, shows: []string{`"canceled":0`, `"more":false`}, bad: map[string]bad{"a time of nobody": {body: `{"since":"today"}`, says: "since"}}},
	"listRunSuspensions":      {want: 200, stranger: 200, shows: []string{`"data":[]`}, bad: map[string]bad{"a workflow whose id is too long": {query: "workflow_id=" + strings.Repeat("p", 101), says: "workflow_id"}}},
	"answerRun":               {body: `{"path":"approve"}`, want: 409, shows: []string{`"code":"step_not_waiting"`}, bad: map[string]bad{"no step": {body: `{}`, says: "path"}, "a choice of nobody": {body: `{"path":"approve","choice":"wait"}`, says: "choice"}}},
	"exportRuns":              {query: "format=csv&x={run_id}", want: 200, shows: []string{"id,workflow_id,", "{run_id},"}, bad: map[string]bad{"a form of nobody": {query: "format=xml", says: "format"}}, stranger: 200},
	"streamRuns":              {header: []string{"Last-Event-ID", "here"}, want: 400, shows: []string{`"code":"last_event_id"`}, stranger: 400},
	"streamRun":               {header: []string{"Last-Event-ID", "here"}, want: 400, shows: []string{`"code":"last_event_id"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/runs/p_1/stream", says: "run_id"}}},
	"countRuns":               {query: "bucket=day&x={run_id}", want: 200, shows: []string{`"status":"queued"`, `"count":1`, `"whole":true`}, bad: map[string]bad{"a bucket of nobody": {query: "bucket=week", says: "bucket"}, "a year": {query: "since=2020-01-01T00:00:00Z", says: "31 days"}}, stranger: 200},
	"getStatistics":           {query: "period=7d", want: 200, shows: []string{`"overdue_refreshes":0`, `"runs":[{"bad":0,`, `"whole":true`}, bad: map[string]bad{"a period of nobody": {query: "period=1y", says: "period"}}, stranger: 200},
	"cancelRun":               {want: 200, shows: []string{`"id":"{run_id}"`, `"status":"canceled"`, `"code":"canceled"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/runs/p_1/cancel", says: "run_id"}}},
	"cancelRuns":              {body: `{"filter":{"run_ids":["{run_id}"]}}`, want: 200, shows: []string{`{"canceled":1,"more":false}`}, stranger: 200, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}, "a field of nobody": {body: `{"filter":{"colour":"red"}}`, says: "colour"}, "no id": {body: `{"filter":{"run_ids":[]}}`, says: "run_ids"}}},
	"requeueRuns":             {body: `{"filter":{}}`, want: 200, shows: []string{`{"more":false,"requeued":0}`}, stranger: 200, bad: map[string]bad{"a status of nobody": {body: `{"filter":{"statuses":["lost"]}}`, says: "statuses"}}},
	"discardRuns":             {body: `{"filter":{}}`, want: 200, shows: []string{`{"discarded":0,"more":false}`}, stranger: 200, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}}},
	"retryRun":                {want: 409, shows: []string{`"code":"run_under_way"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/runs/p_1/retry", says: "run_id"}}},
	"replayRun":               {body: `{"version":"same"}`, want: 409, shows: []string{`"code":"run_under_way"`}, bad: map[string]bad{"a version of nobody": {body: `{"version":"best"}`, says: "version"}}},
	"listRunReplays":          {query: "x={run_replay_id}", want: 200, shows: []string{`"id":"{run_replay_id}"`}, stranger: 200, bad: page},
	"createRunReplay":         {body: `{"filter":{"statuses":["dead_lettered"]},"rate":5}`, want: 202, stranger: 202, shows: []string{`"id":"rrp_`, `"rate":5`, `"status":"running"`, `"version":"newest"`, `"from_step":null`}, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}, "a rate of 0": {body: `{"filter":{},"rate":0}`, says: "rate"}, "a step of any workflow": {body: `{"filter":{},"from_step":"a"}`, says: "workflow"}}},
	"countRunReplay":          {body: `{"filter":{}}`, want: 200, stranger: 200, shows: []string{`{"total":0}`}, bad: map[string]bad{"without a filter": {body: `{}`, says: "filter"}}},
	"getRunReplay":            {want: 200, shows: []string{`"id":"{run_replay_id}"`, `"done":0`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/run_replays/rpl_1", says: "run_replay_id"}}},
	"pauseRunReplay":          {want: 200, shows: []string{`"status":"paused"`}},
	"resumeRunReplay":         {want: 200, shows: []string{`"status":"running"`}},
	"cancelRunReplay":         {want: 200, shows: []string{`"status":"cancelled"`}},
	"testWorkflow":            {body: `{"event":{"n":1}}`, want: 202, both: true, shows: []string{`"test":true`, `"version":0`, `"status":"queued"`}, bad: map[string]bad{"an event that is a list": {body: `{"event":[]}`, says: "event"}, "nothing": {body: `{}`, says: "event"}}},
	"getRun":                  {want: 200, shows: []string{`"id":"{run_id}"`, `"steps":[]`, `"method":"POST"`}, bad: map[string]bad{"an id of another kind": {path: "/projects/{project_id}/runs/p_1", says: "run_id"}}},

	"listAuditLog":    {want: 200, stranger: 200, shows: []string{`"data":[`}, bad: with(page, map[string]bad{"a moment that is none": {query: "since=yesterday", says: "since"}, "an environment of nobody": {query: "environment=staging", says: "environment"}})},
	"getAuditWebhook": {alone: true, query: "x={audit_webhook}", want: 200, stranger: 200, shows: []string{`"id":"{audit_webhook}"`, `"status":"active"`, `"sent_seq":`}},
	"setAuditWebhook": {alone: true, body: `{"url":"http://127.0.0.1:9/audit","start":"beginning"}`, want: 200, stranger: 200, shows: []string{`"id":"awh_`, `"signing_key":"`, `"standard_secret":"whsec_`}, bad: map[string]bad{
		"no address": {body: `{}`, says: "url"}, "a private address": {body: `{"url":"http://169.254.169.254/"}`, says: "address"}, "another scheme": {body: `{"url":"ftp://example.com"}`, says: "url"},
		"a start of nobody": {body: `{"url":"https://example.com","start":"yesterday"}`, says: "start"}, "a moment that is none": {query: "unchanged_since=now", says: "unchanged_since"},
	}},
	"testAuditWebhook":          {alone: true, query: "x={audit_webhook}", want: 200, shows: []string{`"delivered":false`, `"error":"connection"`, `audit_log.test`}},
	"regenerateAuditWebhookKey": {alone: true, query: "x={audit_webhook}", want: 200, shows: []string{`"signing_key":"`, `"previous_key_until":"`}},
	"pauseAuditWebhook":         {alone: true, query: "x={audit_webhook}", want: 200, shows: []string{`"status":"paused"`, `"paused_reason":"manual"`}},
	"resumeAuditWebhook":        {alone: true, query: "x={paused_audit_webhook}", want: 200, shows: []string{`"status":"active"`, `"paused_reason":null`}},
	"deleteAuditWebhook":        {alone: true, query: "x={audit_webhook}", want: 204},
	"listMembers":               {want: 200, stranger: 200, shows: []string{`"id":"{member_id}"`, `"role":"viewer"`, `"all_projects":true`}},
	"updateMember":              {body: `{"role":"developer","projects":[{"project_id":"{project_id}","role":"viewer"}]}`, want: 200, shows: []string{`"role":"developer"`}, bad: map[string]bad{"a role of nobody": {body: `{"role":"king"}`, says: "role"}, "no project at all": {body: `{"all_projects":false,"projects":[]}`, says: "project"}, "a project of nobody": {body: `{"projects":[{"project_id":"proj_x","role":"viewer"}]}`, says: "project"}}},
	"removeMember":              {want: 204, bad: map[string]bad{"an id of another kind": {path: "/members/x", says: "member_id"}}},
	"listInvitations":           {query: "x={invitation_id}", want: 200, stranger: 200, shows: []string{`"id":"{invitation_id}"`, `"link":null`}},
	"createInvitation":          {body: `{"email":"new@example.com","role":"viewer"}`, want: 201, stranger: 201, shows: []string{`/invitation#pbi_`, `"mailed_at":null`, `"invited_by":"server"`}, bad: map[string]bad{"no e-mail": {body: `{"email":"new","role":"viewer"}`, says: "e-mail"}, "a role of nobody": {body: `{"email":"n@example.com","role":"king"}`, says: "role"}, "an admin of some projects": {body: `{"email":"n@example.com","role":"admin","all_projects":false,"projects":[{"project_id":"{project_id}","role":"viewer"}]}`, says: "project"}}},
	"resendInvitation":          {want: 200, shows: []string{`/invitation#pbi_`}},
	"deleteInvitation":          {want: 204},
	"getWorkspace":              {want: 200, stranger: 200, shows: []string{`"name":"home"`}},
	"getAllowedAddresses":       {want: 200, stranger: 200, shows: []string{`"addresses":[`, `"your_address":"127.0.0.1"`}},
	"setAllowedAddresses": {body: `{"addresses":["203.0.113.7","2001:db8:0::/32","10.1.2.3/8"]}`, want: 200, stranger: 200, shows: []string{`"addresses":["203.0.113.7/32","2001:db8::/32","10.0.0.0/8"]`}, bad: map[string]bad{
		"a name": {body: `{"addresses":["example.com"]}`, says: "example.com"}, "a prefix of nothing": {body: `{"addresses":["10.0.0.0/33"]}`, says: "10.0.0.0/33"},
		"no list": {body: `{}`, says: "addresses"}, "a number": {body: `{"addresses":[7]}`, says: "addresses"},
	}},
	"updateWorkspace":   {body: `{"name":"home","audit_keep_days":90}`, want: 200, stranger: 200, shows: []string{`"name":"home"`, `"audit_keep_days":90`}, bad: map[string]bad{"a week of the audit log": {body: `{"audit_keep_days":7}`, says: "30 days"}, "no name": {body: `{"name":""}`, says: "name"}, "blanks": {body: `{"name":"  "}`, says: "name"}}},
	"deleteProject":     {want: 204},
	"updateProjectLogo": {body: `{"logo":"data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="}`, want: 200, bad: map[string]bad{"no data URI": {body: `{"logo":"https://a.test/x.png"}`, says: "logo"}, "no picture": {body: `{"logo":"data:image/png;base64,aGVsbG8="}`, says: "logo"}}},

	"listClients":  {want: 200, shows: []string{`"id":"{client}"`}, stranger: 200},
	"createClient": {body: `{"name":"CI","scopes":["clients:write"]}`, want: 201, shows: []string{`"secret":"`, `"scopes":["clients:write"]`}, stranger: 201, bad: map[string]bad{"without a name": {body: `{}`, says: "name"}, "a scope of nobody": {body: `{"name":"x","scopes":["runs:fly"]}`, says: "scope"}}},
	"listScopes":   {want: 200, shows: []string{`"name":"connect:tokens:create"}`, `"default":true`}},
	"getClient":    {want: 200, shows: []string{`"id":"{client_id}"`, `"project_ids":[]`, `"previous_secret_until":"`}, bad: map[string]bad{"an id of another kind": {path: "/clients/x", says: "client_id"}}},
	"updateClient": {body: `{"name":"Backend","scopes":["clients:write"],"project_ids":["{project_id}"],"environments":["production"],"rate_limit":{"requests":10,"window_seconds":60},"disabled":true}`, want: 200, shows: []string{`"name":"Backend"`, `"project_ids":["{project_id}"]`, `"environments":["production"]`, `"rate_limit":{"requests":10,"window_seconds":60}`, `"disabled_at":"`}, bad: map[string]bad{
		"no scope at all": {body: `{"scopes":[]}`, says: "scopes"}, "a scope of nobody": {body: `{"scopes":["runs:fly"]}`, says: "scope"}, "a project of nobody": {body: `{"project_ids":["proj_x"]}`, says: "project_ids"}, "an environment of nobody": {body: `{"environments":["staging"]}`, says: "environments"}, "a window of a week": {body: `{"rate_limit":{"requests":1,"window_seconds":604800}}`, says: "rate_limit"},
	}},
	"rotateClientSecret":      {body: `{"overlap_hours":24}`, want: 200, shows: []string{`"secret":"pbs_`, `"previous_secret_until":"`}, bad: map[string]bad{"an overlap of a month": {body: `{"overlap_hours":720}`, says: "overlap_hours"}, "no overlap": {body: `{}`, says: "overlap_hours"}}},
	"endPreviousClientSecret": {want: 204, bad: map[string]bad{"an id of another kind": {path: "/clients/x/previous_secret", says: "client_id"}}},
	"listAPIKeys":             {query: "x={api_key_id}", want: 200, shows: []string{`"id":"{api_key_id}"`, `"hint":"pbk_`}, stranger: 200},
	"createAPIKey": {body: `{"name":"CI","scopes":["clients:write"],"expires_at":null}`, want: 201, shows: []string{`"key":"pbk_`, `"scopes":["clients:write"]`, `"expires_at":null`}, stranger: 201, bad: map[string]bad{
		"without scopes": {body: `{"name":"x"}`, says: "scopes"}, "a scope of nobody": {body: `{"name":"x","scopes":["runs:fly"]}`, says: "scope"}, "over already": {body: `{"name":"x","scopes":["clients:write"],"expires_at":"2020-01-01T00:00:00Z"}`, says: "expires_at"},
	}},
	"updateAPIKey": {body: `{"name":"CI 2","disabled":true}`, want: 200, shows: []string{`"name":"CI 2"`, `"disabled_at":"`}, bad: map[string]bad{"an id of another kind": {path: "/api_keys/x", says: "api_key_id"}, "no name": {body: `{"name":""}`, says: "name"}}},
	"revokeAPIKey": {want: 204, bad: map[string]bad{"an id of another kind": {path: "/api_keys/x", says: "api_key_id"}}},
	"deleteClient": {want: 204, bad: map[string]bad{"an id of another kind": {path: "/clients/x", says: "client_id"}}},
	"tryLogRedactions": {body: `{"rules":[{"kind":"field","match":"email"}],"text":"{\"email\":\"a@b.example\",\"n\":1}"}`, both: true, want: 200, shows: []string{`{\"email\":\"[redacted]\",\"n\":1}`}, bad: map[string]bad{
		"a rule of nobody": {body: `{"rules":[{"kind":"magic","match":"x"}],"text":""}`, says: "kind"}, "no expression": {body: `{"rules":[{"kind":"pattern","match":"("}],"text":""}`, says: "regular expression"},
		"no path": {body: `{"rules":[{"kind":"path","match":"email"}],"text":""}`, says: "path"}, "values of nobody": {body: `{"rules":[{"kind":"values","match":"dna"}],"text":""}`, says: "dna"},
	}},
	"exportProject":  {query: "include=history", both: true, want: 200, shows: []string{"manifest.json", "development/users.jsonl", "production/events.jsonl", "project.jsonl"}, bad: map[string]bad{"what there is not": {query: "include=secrets", says: "include"}}},
	"exportAuditLog": {query: "subject={client}", want: 200, stranger: 200, bad: map[string]bad{"a form of nobody": {query: "format=xml", says: "format"}, "a moment that is none": {query: "until=tomorrow", says: "until"}}},
}
