import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Nexmark in Flink's local mini-cluster: the files that `go run ./bench/nexmark -write FOLDER` wrote, read by its file system connector, into
 * a sink that drops the rows. Each query runs three times; the last one counts, when its code is compiled.
 */
public final class Nexmark {
    private static final String STREAMS = """
        CREATE TABLE person (id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, us BIGINT, extra STRING,
          `dateTime` AS TO_TIMESTAMP_LTZ(us / 1000, 3), WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH (%1$s/person.csv', %2$s);
        CREATE TABLE auction (id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, us BIGINT, expiresUs BIGINT, seller BIGINT,
          category BIGINT, extra STRING, `dateTime` AS TO_TIMESTAMP_LTZ(us / 1000, 3), expires AS TO_TIMESTAMP_LTZ(expiresUs / 1000, 3),
          WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH (%1$s/auction.csv', %2$s);
        CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, us BIGINT, extra STRING,
          `dateTime` AS TO_TIMESTAMP_LTZ(us / 1000, 3), WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND) WITH (%1$s/bid.csv', %2$s)""";

    public static void main(String[] args) throws Exception {
        var conf = new Configuration();
        conf.setString("parallelism.default", "1");
        conf.setString("pipeline.object-reuse", "true"); // these four as the published runs have them
        conf.setString("table.exec.mini-batch.enabled", "true");
        conf.setString("table.exec.mini-batch.allow-latency", "2s");
        conf.setString("table.exec.mini-batch.size", "50000");
        conf.setString("table.local-time-zone", "UTC");
        var tables = TableEnvironment.create(EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(conf).build());
        for (var ddl : String.format(STREAMS, "'connector' = 'filesystem', 'path' = 'file://" + args[0], "'format' = 'csv'").split(";")) {
            tables.executeSql(ddl);
        }
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double events = Double.parseDouble(args[1]);
        for (int i = 2; i < args.length; i++) {
            var sql = args[i].equals("read") ? "SELECT auction FROM bid WHERE price < 0" : Files.readString(Path.of(args[0], args[i] + ".sql"))
                .replaceAll("\\bdateTime\\b", "`dateTime`"); // a word of its own here
            for (int round = 0; round < 3; round++) {
                long began = System.nanoTime(), cpu = process.getProcessCpuTime();
                tables.sqlQuery(sql).insertInto(TableDescriptor.forConnector("blackhole").build()).execute().await();
                double wall = (System.nanoTime() - began) / 1e9, used = (process.getProcessCpuTime() - cpu) / 1e9;
                if (round == 2) {
                    System.out.printf("%s: %.2f s, %.2f of processor time: %.0f K events/cpu-s%n", args[i], wall, used, events / 1000 / used);
                }
            }
        }
        System.exit(0);
    }
}
