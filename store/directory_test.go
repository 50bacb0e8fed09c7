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

func sample(t *testing.T) customers.Directory {
	t.Helper()
	dir, problems := customers.ParseDirectory(customers.Sample)
	require.Empty(t, problems)
	return dir
}

func TestImportingTheSampleTwiceChangesNothing(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		db.SetClock(func() time.Time { return morning })
		dir := sample(t)
		changes, err := db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		teams, contacts := 0, 0
		for _, c := range dir.Customers {
			teams, contacts = teams+len(c.Team), contacts+len(c.Contacts)
		}
		require.Equal(t, len(dir.Staff)+len(dir.Customers)+contacts+teams+len(dir.Modules)+len(dir.Duty), changes)
		changes, err = db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		require.Zero(t, changes)

		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			all, err := tx.AllStaff(ctx)
			require.NoError(t, err)
			require.Len(t, all, len(dir.Staff))
			for i, s := range dir.Staff {
				s.ID = all[i].ID
				require.Equal(t, s, all[i])
				one, err := tx.Staff(ctx, s.ID)
				require.NoError(t, err)
				require.Equal(t, s, one)
				found, err := tx.FindStaff(ctx, s.Name)
				require.NoError(t, err)
				require.Equal(t, []customers.Staff{s}, found)
			}
			list, err := tx.Customers(ctx)
			require.NoError(t, err)
			require.Len(t, list, 3)
			require.Equal(t, []string{"HDQP", "HLDL", "XWJX"}, []string{list[0].Code, list[1].Code, list[2].Code})
			for _, known := range []string{"HLDL", "hldl", " 恒力电缆 "} {
				c, err := tx.FindCustomer(ctx, known)
				require.NoError(t, err)
				require.Equal(t, list[1], c)
			}
			hl, err := tx.Customer(ctx, list[1].ID)
			require.NoError(t, err)
			want := dir.Customers[0].Customer
			want.ID = hl.ID
			require.Equal(t, want, hl)
			team, err := tx.Team(ctx, hl.ID)
			require.NoError(t, err)
			require.Equal(t, [5]string{"张伟", "陈强", "王芳", "刘洋", "赵总"},
				[5]string{team.Owner.Name, team.AccountManager.Name, team.Liaison.Name, team.ProductManager.Name, team.Leader.Name})
			require.Equal(t, all[0], team.Owner)
			nobody, err := tx.Team(ctx, 0)
			require.NoError(t, err)
			require.Zero(t, nobody)
			li, err := tx.ContactByWeCom(ctx, "wmSampleLigong000000000001")
			require.NoError(t, err)
			require.Equal(t, customers.Contact{ID: li.ID, CustomerID: hl.ID, Name: "李工", Kind: customers.KindTechnical, WeComID: "wmSampleLigong000000000001",
				Birthday: "1985-06-18", CreatedAt: kept(morning)}, li)
			for _, missing := range []error{
				second(tx.Customer(ctx, 99)), second(tx.FindCustomer(ctx, "无")), second(tx.Contact(ctx, 99)), second(tx.ContactByWeCom(ctx, "")), second(tx.ContactByWeCom(ctx, "wm")),
				second(tx.Staff(ctx, 99)), second(tx.StaffByOpenID(ctx, "")), second(tx.StaffByOpenID(ctx, "ou")),
			} {
				require.ErrorIs(t, missing, tickets.ErrNotFound)
			}
			none, err := tx.FindStaff(ctx, "无")
			require.NoError(t, err)
			require.Empty(t, none)
		})
		modules, err := db.Modules(ctx)
		require.NoError(t, err)
		require.Equal(t, dir.Modules, modules)
	})
}

func second[T any](_ T, err error) error { return err }

func TestImportFollowsTheFileAndKeepsWhatItDoesNotSay(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		visitor := customers.Contact{Name: "微信昵称", WeComID: "wmVisitor", NoticedAt: kept(morning), CreatedAt: kept(morning)}
		within(t, db, func(ctx context.Context, tx tickets.Tx) { require.NoError(t, tx.SaveContact(ctx, &visitor)) })
		dir := sample(t)
		dir.Customers[0].Contacts = append(dir.Customers[0].Contacts, customers.Contact{Name: "无名", Kind: customers.KindDecider})
		_, err := db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		var zhang customers.Staff
		var nameless customers.Contact
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			found, err := tx.FindStaff(ctx, "张伟")
			require.NoError(t, err)
			zhang = found[0]
			contacts, err := tx.FindContacts(ctx, "无名")
			require.NoError(t, err)
			nameless = contacts[0]
		})
		require.NoError(t, db.SetOpenID(ctx, zhang.ID, "ou_zhang"))
		require.ErrorIs(t, db.SetOpenID(ctx, zhang.ID+1, "ou_zhang"), tickets.ErrConflict)
		require.ErrorIs(t, db.SetOpenID(ctx, 99, "ou_x"), tickets.ErrNotFound)

		dir = sample(t)
		dir.Staff[0].Mobile = "13911111111"                     // 张伟 has a new number
		dir.Staff[1].Name = "李娜娜"                               // known by her number
		dir.Staff[4], dir.Staff[5] = dir.Staff[5], dir.Staff[4] // two change places
		dir.Staff[2].Active = false                             // and one leaves
		dir.Customers[1].Team = map[customers.Role]string{customers.RoleOwner: "李娜娜"}
		dir.Customers[2].Team[customers.RoleOwner] = "徐明"
		dir.Customers[0].Tier = customers.TierB
		dir.Customers[0].Contacts = []customers.Contact{{Name: "王工", Kind: customers.KindTechnical, WeComID: "wmVisitor"}, {Name: "无名", Kind: customers.KindDecider, WeComID: "wmFound"}}
		dir.Modules = []string{"MES", "ERP", "ERP/财务"}
		changes, err := db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		// 2 renamed or renumbered, 2 moved, 1 left; 1 customer; 2 contacts; 4+1 of the teams; 3 modules set, 4 gone.
		require.Equal(t, 5+1+2+5+3+4, changes)
		changes, err = db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		require.Zero(t, changes)

		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			got, err := tx.StaffByOpenID(ctx, "ou_zhang")
			require.NoError(t, err)
			want := zhang
			want.OpenID, want.Mobile = "ou_zhang", "13911111111"
			require.Equal(t, want, got)
			gone, err := tx.FindStaff(ctx, "徐明")
			require.NoError(t, err)
			require.Empty(t, gone)
			all, err := tx.AllStaff(ctx)
			require.NoError(t, err)
			require.Len(t, all, len(dir.Staff)-1)
			require.Equal(t, "王芳", all[3].Name)
			hd, err := tx.FindCustomer(ctx, "HDQP")
			require.NoError(t, err)
			team, err := tx.Team(ctx, hd.ID)
			require.NoError(t, err)
			require.Equal(t, "李娜娜", team.Owner.Name)
			require.Zero(t, team.Liaison)
			xw, err := tx.FindCustomer(ctx, "XWJX")
			require.NoError(t, err)
			team, err = tx.Team(ctx, xw.ID)
			require.NoError(t, err)
			require.Zero(t, team.Owner, "who left serves nobody")
			bound, err := tx.Contact(ctx, visitor.ID)
			require.NoError(t, err)
			require.True(t, bound.Bound())
			require.Equal(t, "王工", bound.Name)
			require.Equal(t, visitor.NoticedAt, bound.NoticedAt)
			found, err := tx.ContactByWeCom(ctx, "wmFound")
			require.NoError(t, err)
			require.Equal(t, nameless.ID, found.ID)
		})
		modules, err := db.Modules(ctx)
		require.NoError(t, err)
		require.Equal(t, dir.Modules, modules)
	})
}

func TestAFaultyDirectoryLeavesNothing(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		dir := sample(t)
		dir.Customers[2].Team[customers.RoleOwner] = "谁也不是"
		_, err := db.ImportDirectory(context.Background(), dir)
		require.ErrorContains(t, err, "谁也不是")
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			list, err := tx.Customers(ctx)
			require.NoError(t, err)
			require.Empty(t, list)
			staff, err := tx.AllStaff(ctx)
			require.NoError(t, err)
			require.Empty(t, staff)
		})
	})
}

func TestContacts(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			bound := customers.Contact{CustomerID: 3, Name: "李工", Kind: customers.KindTechnical, WeComID: "wm1", Mobile: "139", Locale: "en", NoticedAt: kept(morning), CreatedAt: kept(morning)}
			visitor := customers.Contact{Name: "李工", WeComID: "wm2"}
			unknown := customers.Contact{Name: "李工"} // two without a WeCom id are no conflict
			other := customers.Contact{Name: "李工"}
			for _, c := range []*customers.Contact{&bound, &visitor, &unknown, &other} {
				require.NoError(t, tx.SaveContact(ctx, c))
				require.NotZero(t, c.ID)
			}
			list, err := tx.FindContacts(ctx, "李工")
			require.NoError(t, err)
			require.Equal(t, []customers.Contact{visitor, unknown, other, bound}, list)
			visitor.CustomerID, visitor.Name = 3, "李师傅"
			require.NoError(t, tx.SaveContact(ctx, &visitor))
			got, err := tx.ContactByWeCom(ctx, "wm2")
			require.NoError(t, err)
			require.Equal(t, visitor, got)
			require.ErrorIs(t, tx.SaveContact(ctx, &customers.Contact{ID: 99}), tickets.ErrNotFound)
		})
	})
}

func TestSettingsAndTheClock(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		ctx := context.Background()
		value, err := dbs[0].Setting(ctx, "desk_chat")
		require.NoError(t, err)
		require.Empty(t, value)
		_, some, err := dbs[0].ClockAt(ctx)
		require.NoError(t, err)
		require.False(t, some)
		require.NoError(t, dbs[0].SetSetting(ctx, "desk_chat", "oc_1"))
		require.NoError(t, dbs[0].SetSetting(ctx, "desk_chat", "oc_2'\x00"))
		require.NoError(t, dbs[0].SetClockAt(ctx, morning))
		value, err = dbs[1].Setting(ctx, "desk_chat")
		require.NoError(t, err)
		require.Equal(t, "oc_2'", value)
		at, some, err := dbs[1].ClockAt(ctx)
		require.NoError(t, err)
		require.True(t, some)
		require.Equal(t, kept(morning), at)
		require.NoError(t, dbs[0].Ping(ctx))
		require.NoError(t, dbs[0].CheckSchema(ctx))
		version, err := dbs[0].SchemaVersion(ctx)
		require.NoError(t, err)
		require.Regexp(t, `^\d{4}_[a-z_]+$`, version)
	})
}
