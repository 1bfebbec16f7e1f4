package check

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-config-inspect/tfconfig"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"sigs.k8s.io/yaml"
)

const terraform = top + "/deploy/terraform"

// Terraform reads the example, and all that it speaks of is there.
func TestTerraform(t *testing.T) {
	t.Parallel()
	module, says := tfconfig.LoadModule(terraform)
	if says.HasErrors() {
		t.Fatal(says)
	}
	known := map[string]bool{}
	for name := range module.Variables {
		known["var."+name] = true
	}
	for name := range module.ManagedResources {
		known[name] = true
	}
	for _, body := range terraformFiles(t) {
		for _, b := range body.Blocks {
			if b.Type != "locals" {
				continue
			}
			for name := range b.Body.Attributes {
				known["local."+name] = true
			}
		}
	}
	for file, body := range terraformFiles(t) {
		says := hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
			if e, ok := node.(*hclsyntax.ScopeTraversalExpr); ok && len(e.Traversal) > 1 {
				second, ok := e.Traversal[1].(hcl.TraverseAttr)
				if name := e.Traversal.RootName(); ok && !known[name+"."+second.Name] {
					t.Errorf("%s:%d: there is no %s.%s", file, e.SrcRange.Start.Line, name, second.Name)
				}
			}
			return nil
		})
		if says.HasErrors() {
			t.Error(says)
		}
	}
	for name := range module.RequiredProviders {
		if _, ok := module.ProviderConfigs[name]; !ok && name != "random" {
			t.Errorf("the provider %s is not told where it works", name)
		}
	}
}

func terraformFiles(t *testing.T) map[string]*hclsyntax.Body {
	t.Helper()
	files, err := filepath.Glob(terraform + "/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	out := map[string]*hclsyntax.Body{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, says := hclparse.NewParser().ParseHCL(text, name)
		if says.HasErrors() {
			t.Fatal(says)
		}
		out[name] = f.Body.(*hclsyntax.Body)
	}
	return out
}

// The values that the example gives are ones that the chart takes.
func TestTerraformValues(t *testing.T) {
	t.Parallel()
	values := map[string]any{}
	for _, body := range terraformFiles(t) {
		for _, b := range body.Blocks {
			if b.Type != "resource" || b.Labels[0] != "helm_release" {
				continue
			}
			list, says := b.Body.Attributes["values"].Expr.Value(&hcl.EvalContext{
				Variables: map[string]cty.Value{
					"var": cty.ObjectVal(map[string]cty.Value{
						"public_url": cty.StringVal("https://patchbay.example.com"), "vpc_cidr": cty.StringVal("10.0.0.0/16"), "ingress_class": cty.StringVal("nginx"),
					}),
					"kubernetes_secret_v1": cty.ObjectVal(map[string]cty.Value{"patchbay": cty.ObjectVal(map[string]cty.Value{
						"metadata": cty.TupleVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("patchbay")})}),
					})}),
				},
				Functions: map[string]function.Function{"yamlencode": encode},
			})
			if says.HasErrors() {
				t.Fatal(says)
			}
			if err := yaml.Unmarshal([]byte(list.AsValueSlice()[0].AsString()), &values); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(values) == 0 {
		t.Fatal("the example gives the chart no values")
	}
	text, err := render(values)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(decode(t, text)); n < 10 {
		t.Errorf("the chart makes %d objects of them", n)
	}
}

// encode is Terraform's yamlencode, as far as JSON is YAML.
var encode = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		text, err := ctyjson.Marshal(args[0], args[0].Type())
		return cty.StringVal(string(text)), err
	},
})
