package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func areasCommand(s *shell) *cobra.Command {
	return parent("areas", "The tree of county, towns and villages",
		areasList(s), areasPut(s),
		removal(s, "remove ID", "Removes an area that holds nothing", "area", (*client.Client).RemoveArea))
}

func areasList(s *shell) *cobra.Command {
	return query(s, "list", "Lists the areas as a tree", exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Area, error) { return c.Areas(ctx) },
		func(areas []client.Area) {
			t := newTable(s.say("区域", "AREA"), s.say("编号", "ID"), s.say("区划代码", "CODE"), s.say("联系人", "CONTACT"))
			addTree(t, areas, "", 0)
			t.print(s.out)
		})
}

func addTree(t *table, areas []client.Area, parent string, depth int) {
	for _, a := range areas {
		if a.Parent == parent && depth < 16 {
			t.add(strings.Repeat("  ", depth)+a.Name, a.ID, dash(a.Code), dash(a.Contact))
			addTree(t, areas, a.ID, depth+1)
		}
	}
}

func areasPut(s *shell) *cobra.Command {
	var a client.Area
	cmd := query(s, "put ID", "Makes or changes an area", exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Area, error) {
			a.ID = args[0]
			return c.PutArea(ctx, a)
		},
		func(a client.Area) { s.tell("区域 "+a.ID+"："+a.Name, "area "+a.ID+": "+a.Name) })
	f := cmd.Flags()
	f.StringVar(&a.Parent, "parent", "", "id of the area above; none for the county")
	f.StringVar(&a.Name, "name", "", "name")
	f.StringVar(&a.Code, "code", "", "12-digit division code")
	f.StringVar(&a.Contact, "contact", "", "whom to call: name and phone")
	return cmd
}
