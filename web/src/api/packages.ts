import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";

export const packagesQuery = queryOptions({ queryKey: ["component_packages"], queryFn: () => data(api.GET("/component_packages")).then((b) => b.data) });

/** The same, with each package's content held against its hash. */
export const verifyPackages = () => data(api.GET("/component_packages", { params: { query: { verify: "true" } } })).then((b) => b.data);

export function installPackage(archive: Blob, accept: boolean) {
  return data(
    api.POST("/component_packages", {
      params: { query: accept ? { accept_license: "true" } : {} },
      body: archive as unknown as string,
      bodySerializer: (b: unknown) => b as BodyInit,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
}

export function removePackage(name: string, force: boolean) {
  return data(api.DELETE("/component_packages/{package_name}", { params: { path: { package_name: name }, query: force ? { force: "true" } : {} } }));
}
