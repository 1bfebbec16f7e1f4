import { Check, Minus } from "lucide-react";
import type { Role } from "@/api/session";
import { Card } from "@/components/ui/card";
import { Table, Td, Th } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { capital, deeds, roles } from "@/lib/roles";

/** What each role may do. One's own stands out. */
export function RoleTable({ own }: { own: Role }) {
  return (
    <Card title="What a role may do" text="Developers and viewers can be kept to some projects, and have another role in one of them." flush>
      <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="What a role may do">
        <Table aria-label="What a role may do">
          <thead>
            <tr className="border-b border-line">
              <Th>
                <span className="sr-only">May</span>
              </Th>
              {roles.map((r) => (
                <Th key={r} className={cn("!px-1 text-center sm:!px-3", r === own && "text-text")}>
                  {capital(r)}
                  {r === own && <span className="block font-normal">you</span>}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {deeds.map((d) => (
              <tr key={d.what}>
                <th scope="row" className="min-w-28 py-2 pl-4 pr-2 text-left text-[0.8125rem] font-normal">
                  {d.what}
                </th>
                {roles.map((r) => (
                  <Td key={r} className={cn("!px-1 text-center sm:!px-3", r === own && "bg-sunken")}>
                    <Mark yes={d.by.includes(r)} />
                  </Td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Card>
  );
}

function Mark({ yes }: { yes: boolean }) {
  const Icon = yes ? Check : Minus;
  return (
    <>
      <Icon className={cn("mx-auto size-4", yes ? "text-good" : "text-muted/60")} aria-hidden />
      <span className="sr-only">{yes ? "yes" : "no"}</span>
    </>
  );
}
