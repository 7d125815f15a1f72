import { readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

/** The files of one of the engine's own backends, in a folder or a bucket. */
export interface BackendFiles {
  /** Lists the names of the files in a folder, sorted; empty if the folder does not exist. */
  list(folder: string): Promise<string[]>;
  /** @returns Resolves with undefined if the file does not exist. */
  read(file: string): Promise<Buffer | undefined>;
  /** Deletes a file, if it exists. */
  remove(file: string): Promise<void>;
}

/**
 * Opens the files of a backend, to read them directly: a fleet has hundreds of stacks, and each command of
 * the engine takes a third of a second.
 *
 * @param url as the engine gives it: `file:///srv/state`, `s3://bucket?region=eu-west-1`
 * @returns Resolves with undefined if only the engine can read them.
 */
export async function openBackendFiles(
  url: string,
  environment: EnvironmentVariables,
): Promise<BackendFiles | undefined> {
  if (url.startsWith("file://")) return filesInFolder(url);
  const place = placeInS3(url);
  if (place === undefined) return undefined;
  const files = await filesInS3(place, environment);
  // The engine may have other ways to get credentials: then its commands are run instead.
  return files.list(".pulumi/locks").then(
    () => files,
    () => undefined,
  );
}

/** Makes the URL of a backend in a folder absolute: a path in it is relative to the project's folder. */
export function absoluteUrl(url: string, projectFolder: string): string {
  const [, place = "", query = ""] = /^file:\/\/([^?]*)(.*)$/.exec(url) ?? [];
  return place === "" || place.startsWith("~") ? url : `file://${path.resolve(projectFolder, place)}${query}`;
}

function filesInFolder(url: string): BackendFiles {
  const root = url.slice("file://".length).replace(/\?.*$/, "").replace(/^~/, homedir());
  return {
    list: async (folder) => {
      const names = await readdir(path.join(root, folder)).catch(unlessMissing<string[]>([]));
      return names.toSorted();
    },
    read: (file) => readFile(path.join(root, file)).catch(unlessMissing(undefined)),
    remove: (file) => rm(path.join(root, file), { force: true }),
  };
}

/** The location of a backend in S3. */
export interface PlaceInS3 {
  bucket: string;
  /** Ends with `/`, unless it is empty. */
  prefix: string;
  region?: string;
  endpoint?: string;
  profile?: string;
  usePathStyle?: boolean;
}

/**
 * Parses the location of a backend.
 *
 * @returns undefined if it is not in S3, or uses an option that is not supported here
 * @see {@link https://gocloud.dev/howto/blob/#s3 Go CDK, S3}
 */
export function placeInS3(url: string): PlaceInS3 | undefined {
  const { protocol, hostname, pathname, searchParams } = URL.parse(url) ?? {};
  if (protocol !== "s3:" || hostname === undefined || searchParams === undefined) return undefined;
  const given = Object.fromEntries(searchParams);
  const { region, endpoint, profile, prefix, ...others } = given;
  const { disableSSL, disable_https, s3ForcePathStyle, use_path_style, ...unknown } = others;
  if (Object.keys(unknown).some((key) => key !== "awssdk") || !["", "/", undefined].includes(pathname))
    return undefined;
  const isPlain = [disableSSL, disable_https].includes("true");
  const withScheme = (host: string): string =>
    host.includes("://") ? host : `${isPlain ? "http" : "https"}://${host}`;
  const usePathStyle = s3ForcePathStyle ?? use_path_style;
  return {
    bucket: hostname,
    prefix: prefix ?? "",
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint: withScheme(endpoint) }),
    ...(usePathStyle === undefined ? {} : { usePathStyle: usePathStyle === "true" }),
  };
}

async function filesInS3(
  { bucket, prefix, region, endpoint, profile, usePathStyle }: PlaceInS3,
  environment: EnvironmentVariables,
): Promise<BackendFiles> {
  const { all, openBucket } = await import("pulumi-resistant-tenants/internal/bucket");
  const objects = openBucket(bucket, { region, endpoint, profile, usePathStyle }, environment);
  return {
    list: async (folder) => {
      const start = `${prefix}${folder}/`;
      const found = await all(objects.list(start));
      return found.map(({ key }) => key.slice(start.length)).filter((name) => !name.includes("/"));
    },
    read: (file) => objects.readIfThere(prefix + file),
    remove: (file) => objects.remove(prefix + file),
  };
}

function unlessMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return otherwise;
  };
}
