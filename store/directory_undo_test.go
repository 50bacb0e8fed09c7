package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
)

func texts(changes []customers.Change) []string {
	var out []string
	for _, c := range changes {
		out = append(out, string(c.Noun)+" "+c.Subject+" "+c.Field+": "+c.Old+" → "+c.New)
	}
	return out
}

func TestADryRunTellsWhatWouldChangeAndWritesNothing(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		_, err := db.ImportDirectory(ctx, sample(t))
		require.NoError(t, err)
		dir := sample(t)
		dir.Customers[0].Tier, dir.Customers[0].Contract.End = customers.TierB, "2028-12-31"
		dir.Customers[0].StandIns = map[customers.Role][]string{customers.RoleOwner: {"李娜", "徐明"}}
		dir.Customers[1].Team[customers.RoleOwner] = "张伟"
		dir.Staff[0].Skills = map[string]int{"ERP": 3, "MES": 2}
		dir.Customers[2].Contacts = append(dir.Customers[2].Contacts, customers.Contact{Name: "新来的"})
		dir.Modules = append(dir.Modules, "OA")
		want := []string{
			"staff 张伟 skills: ERP=3、MES=1 → ERP=3、MES=2",
			"customer 恒力电缆 tier: A → B", "customer 恒力电缆 contract_end: 2027-12-31 → 2028-12-31",
			"role 恒力电缆 owner_stand_in:  → 李娜、徐明", "role 华东汽配 owner: 李娜 → 张伟", "contact 新来的 :  → 新来的", "module OA :  → OA",
		}
		for range 2 { // the first left nothing behind
			done, err := db.Import(ctx, dir, "b.yaml", true)
			require.NoError(t, err)
			require.Equal(t, want, texts(done.Changes))
			require.Equal(t, 6, done.Rows)
		}
		done, err := db.Import(ctx, dir, "b.yaml", false)
		require.NoError(t, err)
		require.Equal(t, want, texts(done.Changes))
		done, err = db.Import(ctx, dir, "b.yaml", false)
		require.NoError(t, err)
		require.Zero(t, done)
	})
}

func TestUndoTakesTheLastImportBackAndKeepsWhatWasEditedSince(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		db.SetClock(func() time.Time { return morning })
		_, err := db.UndoImport(ctx)
		require.ErrorIs(t, err, tickets.ErrNotFound)
		_, err = db.Import(ctx, sample(t), "a.yaml", false)
		require.NoError(t, err)
		before := snapshot(t, db)

		dir := sample(t)
		dir.Customers[0].Tier, dir.Customers[0].Profile.Industry = customers.TierB, "别的"
		dir.Customers[0].StandIns = map[customers.Role][]string{customers.RoleOwner: {"李娜"}}
		dir.Customers[1].Team[customers.RoleOwner] = "张伟"
		dir.Customers[1].AllHours = true
		dir.Staff[0].Skills, dir.Staff[0].Teams = map[string]int{"MES": 2}, []string{"一组", "二组"}
		dir.Staff = append(dir.Staff, customers.Staff{Name: "新同事", Mobile: "13800000055", Active: true})
		dir.Customers[2].Contacts = append(dir.Customers[2].Contacts, customers.Contact{Name: "新来的"})
		dir.Customers = append(dir.Customers, customers.DirectoryCustomer{Customer: customers.Customer{Code: "NEWC", Name: "新客户"},
			Contacts: []customers.Contact{{Name: "某人"}}, Team: map[customers.Role]string{customers.RoleOwner: "新同事"}})
		dir.Modules = []string{"MES", "OA"}
		imported, err := db.Import(ctx, dir, "b.yaml", false)
		require.NoError(t, err)
		require.NotEqual(t, before, snapshot(t, db))
		undone, err := db.UndoImport(ctx)
		require.NoError(t, err)
		require.Empty(t, texts(undone.Kept))
		require.Len(t, undone.Back, len(imported.Changes))
		require.Equal(t, "b.yaml", undone.File)
		after := snapshot(t, db)
		require.ElementsMatch(t, before.Modules, after.Modules)
		after.Modules = before.Modules
		require.Equal(t, before, after)

		// Once more, and people edit in between.
		_, err = db.Import(ctx, dir, "c.yaml", false)
		require.NoError(t, err)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.FindCustomer(ctx, "HLDL")
			require.NoError(t, err)
			c.Tier = customers.TierC
			require.NoError(t, tx.SaveCustomer(ctx, c))
			fresh, err := tx.FindCustomer(ctx, "NEWC")
			require.NoError(t, err)
			contacts, err := tx.ContactsOf(ctx, fresh.ID)
			require.NoError(t, err)
			edit := customers.Change{EditorID: 1, Editor: "张伟", Noun: customers.NounContact, SubjectID: contacts[0].ID, Subject: "某人", Field: "mobile", New: "1"}
			require.NoError(t, tx.AddChange(ctx, edit))
		})
		undone, err = db.UndoImport(ctx)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"customer 恒力电缆 tier: A → B", "contact 某人 :  → 某人", "customer 新客户 :  → 新客户"}, texts(undone.Kept))
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.FindCustomer(ctx, "HLDL")
			require.NoError(t, err)
			require.Equal(t, customers.TierC, c.Tier)
			require.Equal(t, "电线电缆", c.Profile.Industry)
			changes, err := tx.Changes(ctx, c.ID)
			require.NoError(t, err)
			require.Contains(t, texts(changes), "customer 恒力电缆 profile_industry: 别的 → 电线电缆")
		})
		undone, err = db.UndoImport(ctx) // the one before
		require.NoError(t, err)
		require.Equal(t, "a.yaml", undone.File)
	})
}

// world is what an import touches.
type world struct {
	Customers []customers.Customer
	Teams     []customers.Team
	Contacts  [][]customers.Contact
	Staff     []customers.Staff
	Modules   []string
}

func snapshot(t *testing.T, db *store.DB) (w world) {
	within(t, db, func(ctx context.Context, tx tickets.Tx) {
		var err error
		w.Customers, err = tx.Customers(ctx)
		require.NoError(t, err)
		for _, c := range w.Customers {
			team, err := tx.Team(ctx, c.ID)
			require.NoError(t, err)
			contacts, err := tx.ContactsOf(ctx, c.ID)
			require.NoError(t, err)
			w.Teams, w.Contacts = append(w.Teams, team), append(w.Contacts, contacts)
		}
		w.Staff, err = tx.AllStaff(ctx)
		require.NoError(t, err)
		w.Modules, err = tx.Modules(ctx)
		require.NoError(t, err)
	})
	return w
}

func TestNamesakesAreToldApartByTheirNumbers(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		_, err := db.ImportDirectory(ctx, sample(t))
		require.NoError(t, err)
		dir := sample(t)
		twin := customers.Staff{Name: "张伟", Mobile: "13800000099", Roles: []customers.Role{customers.RoleEngineer}, Active: true}
		dir.Staff = append([]customers.Staff{twin}, dir.Staff...)
		dir.Customers[0].Team[customers.RoleOwner] = "13800000099"
		dir.Customers[2].Team[customers.RoleOwner] = "13800000001"
		done, err := db.Import(ctx, dir, "", false)
		require.NoError(t, err)
		require.NotZero(t, done.Rows)
		done, err = db.Import(ctx, dir, "", false)
		require.NoError(t, err)
		require.Zero(t, done)
		w := snapshot(t, db)
		require.Len(t, w.Staff, 12)
		require.Equal(t, "13800000099", w.Teams[1].Owner.Mobile)
		require.Equal(t, "13800000001", w.Teams[2].Owner.Mobile)
	})
}
