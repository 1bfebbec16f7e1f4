package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// doubled is an expression in which each name is what made it twice.
func doubled(make string) string {
	var b strings.Builder
	b.WriteString(`let a00 = big; `)
	for i := 1; i < 60; i++ {
		b.WriteString(strings.NewReplacer("NEW", "a"+itoa(i), "OLD", "a"+itoa(i-1)).Replace("let NEW = " + make + "; "))
	}
	return b.String() + "a59"
}

func itoa(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

func known() map[string]any {
	list, numbers := make([]any, 5000), make([]any, 5000)
	for i := range list {
		list[i], numbers[i] = map[string]any{"id": float64(i), "text": "x"}, float64(i%7)
	}
	return map[string]any{"list": list, "numbers": numbers, "big": strings.Repeat("ab", 1<<19), "pattern": strings.Repeat("(a|b){1,100}", 80)}
}

// An expression that would loop or grow without an end is stopped, whatever it does it by.
func TestHostile(t *testing.T) {
	t.Parallel()
	language, values := expression.New([]string{"list", "numbers", "big", "pattern"}), known()
	for name, src := range map[string]string{
		"loops within loops":       `count(list, count(list, count(list, true) > 0) > 0)`,
		"loops over ranges":        `count(1..100000, count(1..100000, true) > 0)`,
		"all of all":               `all(list, all(list, all(list, .id >= 0)))`,
		"a fold of folds":          `reduce(list, reduce(list, reduce(list, #acc + 1, 0), 0), 0)`,
		"maps of maps":             `map(1..2000, map(1..2000, map(1..2000, #)))`,
		"filters of filters":       `filter(list, len(filter(list, len(filter(list, true)) > 0)) > 0)`,
		"sorting within loops":     `map(list, sortBy(list, .id))`,
		"a text that doubles":      `reduce(1..100, #acc + #acc, "x")`,
		"a text that is added up":  strings.Replace(doubled("OLD + OLD"), "big", `"x"`, 1),
		"a text that is repeated":  `repeat(big, 1000000)`,
		"repeats in a loop":        `map(1..1000, repeat("x", 1000000))`,
		"a text that is put in":    `replace(big, "a", big)`,
		"a glue that is long":      `join(map(list, .text), big)`,
		"letters in a loop":        `map(1..1000, split(big, ""))`,
		"base64 of base64":         doubled("toBase64(OLD)"),
		"JSON of JSON":             strings.Replace(doubled("toJSON(OLD)"), "big", `"\""`, 1),
		"a list that holds itself": doubled("[OLD, OLD]"),
		"an object that does":      doubled("{a: OLD, b: OLD}"),
		"JSON of such":             strings.Replace(doubled("[OLD, OLD]"), "; a59", "; toJSON(a59)", 1),
		"a text of such":           strings.Replace(doubled("[OLD, OLD]"), "; a59", "; string(a59)", 1),
		"such laid flat":           strings.Replace(doubled("[OLD, OLD]"), "; a59", "; flatten(a59)", 1),
		"the greatest of such":     strings.Replace(doubled("[OLD, OLD]"), "; a59", "; max(a59)", 1),
		"such compared":            strings.Replace(doubled("[OLD, OLD]"), "; a59", "; a59 == [a58, a58]", 1),
		"such sought":              strings.Replace(doubled("[OLD, OLD]"), "; a59", "; a59 in [a58, [a58, a58]]", 1),
		"lists in a row":           doubled("concat([OLD], [OLD])"),
		"a list that is deep":      `reduce(1..1000, [#acc], 0)`,
		"a pattern that is large":  `big matches pattern`,
		"one that is written":      `big matches "(x{500}y{500}){1,2}z{900}"`,
		"a long range":             `len(1..100000000)`,
		"many ranges":              `map(1..2000, 1..2000)`,
	} {
		if _, err := language.Run(src, values); !errors.Is(err, expression.ErrBounds) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := language.CheckExpression(`$env`); err == nil {
		t.Error("an expression reads all there is")
	}
	if err := language.CheckExpression(strings.TrimSuffix(strings.Repeat("1+", 1999), "+")); err == nil {
		t.Error("an expression has thousands of parts")
	}
}

// What people write is not stopped, and gives what the language says.
func TestGuardsChangeNothing(t *testing.T) {
	t.Parallel()
	language := expression.New([]string{"list", "numbers", "big"})
	for src, want := range map[string]string{
		`len(map(list, .id))`:                             `5000`,
		`sum(filter(list, .id < 10), .id)`:                `45`,
		`reduce(list, #acc + .id, 0)`:                     `12497500`,
		`uniq(numbers)`:                                   `[0,1,2,3,4,5,6]`,
		`uniq([1, 1.0, "1", nil, nil, true, [1], [1]])`:   `[1,"1",null,true,[1]]`,
		`len(uniq(map(list, string(.id))))`:               `5000`,
		`list[1] == {id: 1.0, text: "x"}`:                 `true`,
		`{"id": 2.0, "text": "x"} in list`:                `true`,
		`list[0] != list[1]`:                              `true`,
		`"a" + "b" + string(1)`:                           `ab1`,
		`numbers[1] + numbers[2]`:                         `3`,
		`1 + 2 * 3`:                                       `7`,
		`"abc" matches "^a.c$" and not ("x" matches "y")`: `true`,
		`list[0].none matches "a"`:                        `false`,
		`len(big + big)`:                                  `2097152`,
		`join(["a", "b"], "-")`:                           `a-b`,
		`toJSON(split("a,b", ",")) == toJSON(["a", "b"])`: `true`,
		`replace("aXb", "X", "--")`:                       `a--b`,
		`repeat("ab", 3)`:                                 `ababab`,
		`fromJSON("{\"a\":[1]}").a[0]`:                    `1`,
		`concat([1], [2])`:                                `[1,2]`,
		`flatten([[1], [2, [3]]])`:                        `[1,2,3]`,
		`sort([3, 1, 2])`:                                 `[1,2,3]`,
		`max(numbers)`:                                    `6`,
		`keys({a: 1})`:                                    `["a"]`,
		`toBase64("a")`:                                   `YQ==`,
		`groupBy(list[:2], .text)["x"][1].id`:             `1`,
		`list | filter(.id == 4) | map(.text) | first()`:  `x`,
		`date("2026-01-02").Format("2006")`:               `2026`,
	} {
		out, err := language.Run(src, known())
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if got := expression.AsText(out); got != want {
			t.Errorf("%s is %.80s, not %s", src, got, want)
		}
	}
}
