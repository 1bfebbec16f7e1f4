/** The settings that a workflow reads of instances, by name: `instance.config.NAME`, or in brackets. */
export function configReads(definition: unknown): string[] {
  const text = JSON.stringify(definition ?? null);
  const found = [...text.matchAll(/\binstance\??\.config\??(?:\.([A-Za-z_]\w*)|\[(?:\\"|')([^"'\\]+)(?:\\"|')\])/g)];
  return [...new Set(found.map((m) => m[1] ?? m[2] ?? ""))].sort();
}

/** Which app's account is chosen how: those of which the user has accounts, and those that were chosen before. */
export function choices(accounts: { id: string; name: string | null; app: { name: string; name_slug: string } }[], map: Record<string, string>) {
  const apps = new Map<string, { slug: string; name: string; options: { value: string; label: string }[] }>();
  for (const a of accounts) {
    const of = apps.get(a.app.name_slug) ?? { slug: a.app.name_slug, name: a.app.name, options: [] };
    of.options.push({ value: a.id, label: a.name ?? `…${a.id.slice(-8)}` });
    apps.set(of.slug, of);
  }
  for (const [slug, id] of Object.entries(map)) {
    const of = apps.get(slug) ?? { slug, name: slug, options: [] };
    if (!of.options.some((o) => o.value === id)) of.options.push({ value: id, label: `…${id.slice(-8)}, which is gone` });
    apps.set(slug, of);
  }
  return [...apps.values()].sort((a, b) => b.options.length - a.options.length || a.name.localeCompare(b.name));
}
